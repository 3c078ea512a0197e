import { isBuiltin } from 'node:module';
import { dirname, join } from 'node:path/posix';
import { parseSync, Visitor, type Expression } from 'oxc-parser';

/** What the rules want to know about a source file. */
export interface SourceFacts {
  /** Repository paths, `node:…` and `npm:…`, types included. */
  imports: string[];
  /** Line numbers where the environment is read. */
  environmentReads: number[];
}

const parsed = new Map<string, SourceFacts>();

/**
 * Parses a source file, so that a word in a comment or string is no import.
 *
 * @throws Error when the file is no TypeScript: what cannot be read cannot be held to a rule.
 */
export function factsOf(path: string, text: string): SourceFacts {
  const key = `${path}\n${text}`;
  const known = parsed.get(key);
  if (known !== undefined) return known;
  const facts = parse(path, text);
  parsed.set(key, facts);
  return facts;
}

function parse(path: string, text: string): SourceFacts {
  const { program, errors } = parseSync(path, text);
  const [error] = errors;
  if (error !== undefined) throw new Error(`${path}: ${error.message}`);
  const specifiers: string[] = [];
  const reads: number[] = [];
  const add = (source: Expression | null | undefined): void => {
    if (source?.type === 'Literal' && typeof source.value === 'string') specifiers.push(source.value);
  };
  new Visitor({
    ImportDeclaration: (node) => add(node.source),
    ExportNamedDeclaration: (node) => add(node.source),
    ExportAllDeclaration: (node) => add(node.source),
    ImportExpression: (node) => add(node.source),
    TSImportType: (node) => add(node.source),
    CallExpression: (node) => {
      if (isRequire(node.callee)) add(asExpression(node.arguments[0]));
    },
    MemberExpression: (node) => {
      const name = node.computed ? literalOf(node.property) : nameOf(node.property);
      if (name === 'env' && isProcess(node.object)) reads.push(node.start);
    },
    VariableDeclarator: (node) => {
      if (node.id.type !== 'ObjectPattern' || !isProcess(node.init)) return;
      const names = node.id.properties.map((property) => 'key' in property && nameOf(property.key));
      if (names.includes('env')) reads.push(node.start);
    },
    ImportSpecifier: (node) => {
      if (nameOf(node.imported) === 'env') reads.push(node.start);
    },
  }).visit(program);
  const imports = specifiers.map((specifier) => targetOf(path, specifier));
  return { imports, environmentReads: reads.map((offset) => lineOf(text, offset)) };
}

/** `require(…)`, `createRequire(…)(…)` and `process.getBuiltinModule(…)`: imports by another name. */
function isRequire(callee: Expression): boolean {
  if (callee.type === 'CallExpression') return nameOf(callee.callee) === 'createRequire';
  if (callee.type === 'MemberExpression') return nameOf(callee.property) === 'getBuiltinModule';
  return nameOf(callee) === 'require';
}

function isProcess(node: Expression | null | undefined): boolean {
  if (node?.type === 'MemberExpression') return nameOf(node.property) === 'process';
  return nameOf(node) === 'process';
}

function nameOf(node: { type: string } | null | undefined): string | undefined {
  return node?.type === 'Identifier' && 'name' in node ? String(node.name) : undefined;
}

function literalOf(node: { type: string }): string | undefined {
  return node.type === 'Literal' && 'value' in node ? String(node.value) : undefined;
}

function asExpression(argument: { type: string } | undefined): Expression | undefined {
  return argument === undefined || argument.type === 'SpreadElement' ? undefined : (argument as Expression);
}

function targetOf(path: string, specifier: string): string {
  if (specifier.startsWith('.')) return join(dirname(path), specifier);
  if (isBuiltin(specifier)) return specifier.startsWith('node:') ? specifier : `node:${specifier}`;
  const [first = '', second = ''] = specifier.split('/');
  return first.startsWith('@') ? `npm:${first}/${second}` : `npm:${first}`;
}

function lineOf(text: string, offset: number): number {
  return text.slice(0, offset).split('\n').length;
}

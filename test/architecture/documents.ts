import { z } from 'zod';
import type { FileTree, Violation } from './file-tree.ts';

/** What the option tables are held to; the registry's definitions have this shape. */
export interface DocumentedDriver {
  readonly name: string;
  readonly options: { readonly fields: Readonly<Record<string, { readonly aliases: readonly string[] }>> };
}

/** A driver's settings; the registry's definitions have this shape. */
export interface ConfiguredDriver {
  readonly name: string;
  readonly settings: readonly {
    readonly name: string;
    readonly aliases?: readonly string[];
    readonly secret?: boolean;
  }[];
}

/** Every environment variable that drivers read: each setting, what peers call it, and `…_FILE` for secrets. */
export function driverSettingNames(drivers: readonly ConfiguredDriver[]): string[] {
  const names = drivers.flatMap(({ settings }) =>
    settings.flatMap(({ name, aliases = [], secret }) => [
      name,
      ...aliases,
      ...(secret === true ? [`${name}_FILE`] : []),
    ]),
  );
  return [...new Set(names)];
}

/** The setting table of each driver's README lists its settings, with every alias. */
export function checkSettingTables(tree: FileTree, drivers: readonly ConfiguredDriver[]): Violation[] {
  return drivers.flatMap((driver) => {
    const path = `drivers/volume/${driver.name}/README.md`;
    const documented = tableRows(tree.get(path) ?? '', 'setting').flatMap(([setting = '', aliases = '']) => [
      ...codeWords(setting),
      ...codeWords(aliases),
    ]);
    return difference(path, 'setting table', documented, driverSettingNames([driver]), 'settings.ts');
  });
}

const manifest = z.object({ env: z.array(z.object({ name: z.string() })) });

/** The option table of each driver's README lists its schema's options, with every alias. */
export function checkOptionTables(tree: FileTree, drivers: readonly DocumentedDriver[]): Violation[] {
  return drivers.flatMap(({ name, options }) => {
    const path = `drivers/volume/${name}/README.md`;
    const documented = tableRows(tree.get(path) ?? '', 'option').map(([option = '', aliases = '']) =>
      [...codeWords(option), ...codeWords(aliases)].join(' '),
    );
    const declared = Object.entries(options.fields).map(([field, { aliases }]) =>
      [field, ...aliases].join(' '),
    );
    return difference(path, 'option table', documented, declared, 'options.ts');
  });
}

/** config.json offers each setting of the schema, and no other. */
export function checkManifest(tree: FileTree, settings: readonly string[]): Violation[] {
  const path = 'config.json';
  const text = tree.get(path);
  if (text === undefined) return [{ path, message: 'is missing' }];
  const { env } = manifest.parse(JSON.parse(text));
  const names = env.map((entry) => entry.name);
  return difference(path, 'env', names, settings, 'configSchema in plugin/config.ts');
}

/** docs/errors.md explains each error code, says rightly whether it is retryable, and explains no other. */
export function checkErrorCodes(
  tree: FileTree,
  errors: Readonly<Record<string, { readonly retryable: boolean }>>,
): Violation[] {
  const path = 'docs/errors.md';
  const documented = tableRows(tree.get(path) ?? '', 'code').map(
    (cells) => `${codeWords(cells[0] ?? '').join(' ')} retryable: ${cells.at(-1)}`,
  );
  const declared = Object.entries(errors).map(
    ([code, { retryable }]) => `${code} retryable: ${retryable ? 'yes' : 'no'}`,
  );
  return difference(path, 'table', documented, declared, 'ERRORS in plugin/core/errors.ts');
}

/** The rows of the Markdown tables whose first column has this heading. */
function tableRows(markdown: string, heading: string): string[][] {
  const lines = markdown.split('\n').map((line) => line.trim());
  const rows: string[][] = [];
  let inside = false;
  for (const line of lines) {
    const cells = cellsOf(line);
    if (cells === undefined) inside = false;
    else if (inside && !/^[-:\s]+$/.test(cells.join(''))) rows.push(cells);
    else if (cells[0]?.toLowerCase() === heading) inside = true;
  }
  return rows;
}

function cellsOf(line: string): string[] | undefined {
  if (!line.startsWith('|') || !line.endsWith('|')) return undefined;
  // `\|` is a bar within a cell.
  return line
    .slice(1, -1)
    .split(/(?<!\\)\|/)
    .map((cell) => cell.trim());
}

function codeWords(cell: string): string[] {
  return [...cell.matchAll(/`([^`]+)`/g)].map(([, word = '']) => word);
}

function difference(
  path: string,
  where: string,
  documented: readonly string[],
  declared: readonly string[],
  source: string,
): Violation[] {
  const missing = declared.filter((entry) => !documented.includes(entry));
  const surplus = documented.filter((entry) => !declared.includes(entry));
  const repeated = documented.filter((entry, index) => documented.indexOf(entry) !== index);
  return [
    ...missing.map((entry) => ({ path, message: `${where} lacks "${entry}", which ${source} has` })),
    ...surplus.map((entry) => ({ path, message: `${where} has "${entry}", which ${source} lacks` })),
    ...repeated.map((entry) => ({ path, message: `${where} has "${entry}" twice` })),
  ];
}

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ec2Error } from './error.ts';
import type { ApiDefinition, Shape } from './extract-definition.ts';
import type { ParameterTree } from './form.ts';

/**
 * Where the definition of the API lies: an excerpt of botocore's, as Debian ships it. The SDK's own would be nearer, but
 * it wrote the requests: it can only agree with itself. A copy in the repository and not the package, so that tests of
 * drivers need no network; `definition.test.ts` holds it equal to Debian's.
 */
export const DEFINITION_FILE = join(import.meta.dirname, 'definition.json');

const definition = JSON.parse(readFileSync(DEFINITION_FILE, 'utf8')) as ApiDefinition;

/** The operations that the stand-in knows. */
export const OPERATIONS: readonly string[] = Object.keys(definition.operations);

/**
 * A request's parameters as the definition names and types them.
 *
 * @throws Ec2Error for an operation or parameter that is not defined, a missing one, and a value of the wrong type
 */
export function decodeInput(operation: string, parameters: ParameterTree): unknown {
  const shape = definition.operations[operation];
  if (shape === undefined) {
    throw new Ec2Error(400, 'InvalidAction', `The action ${operation} is not valid for this web service.`);
  }
  return decode(shape, parameters, '');
}

function decode(shapeName: string, tree: ParameterTree, path: string): unknown {
  const shape = definition.shapes[shapeName];
  if (shape === undefined) throw new Error(`the definition lacks ${shapeName}`);
  if (shape.type === 'structure') return decodeStructure(shape, tree, path);
  if (shape.type === 'list') return decodeList(shape, tree, path);
  if (tree.value === undefined || tree.parts.size > 0) throw unknownParameter(path);
  return decodeScalar(shape, tree.value, path);
}

function decodeStructure(shape: Shape, tree: ParameterTree, path: string): Record<string, unknown> {
  if (tree.value !== undefined) throw unknownParameter(path);
  const members = Object.entries(shape.members ?? {});
  const decoded: Record<string, unknown> = {};
  for (const [name, part] of tree.parts) {
    const member = members.find(([, known]) => known.name === name);
    const below = path === '' ? name : `${path}.${name}`;
    if (member === undefined) throw unknownParameter(below);
    decoded[member[0]] = decode(member[1].shape, part, below);
  }
  for (const required of shape.required ?? []) {
    if (decoded[required] !== undefined) continue;
    throw new Ec2Error(400, 'MissingParameter', `The request must contain the parameter ${required}`);
  }
  return decoded;
}

function decodeList(shape: Shape, tree: ParameterTree, path: string): unknown[] {
  if (tree.value !== undefined || shape.member === undefined) throw unknownParameter(path);
  const member = shape.member;
  return [...tree.parts].map(([index, part], position) => {
    if (index !== String(position + 1)) throw unknownParameter(`${path}.${index}`);
    return decode(member, part, `${path}.${index}`);
  });
}

function decodeScalar(shape: Shape, value: string, path: string): unknown {
  switch (shape.type) {
    case 'boolean':
      if (value !== 'true' && value !== 'false') throw invalidValue(value, path);
      return value === 'true';
    case 'integer':
    case 'long': {
      if (!/^-?\d{1,15}$/.test(value)) throw invalidValue(value, path);
      return Number(value);
    }
    case 'timestamp':
      if (Number.isNaN(Date.parse(value))) throw invalidValue(value, path);
      return new Date(value);
    case 'string':
      if (shape.values !== undefined && !shape.values.includes(value)) throw invalidValue(value, path);
      return value;
    default:
      throw new Error(`the definition uses the type ${shape.type}`);
  }
}

function unknownParameter(path: string): Ec2Error {
  return new Ec2Error(400, 'UnknownParameter', `The parameter ${path} is not recognized`);
}

function invalidValue(value: string, path: string): Ec2Error {
  return new Ec2Error(400, 'InvalidParameterValue', `Value (${value}) for parameter ${path} is invalid.`);
}

import { GceError, invalid } from './error.ts';
import type { Schema } from './extract-definition.ts';

type Schemas = Readonly<Record<string, Schema>>;

/**
 * Holds a JSON value against its schema.
 *
 * @param path where it stands in the body, for the message
 * @throws GceError for an unknown name, a value of another type, an unknown word of a list, and a text of another form
 */
export function checkValue(schemas: Schemas, schema: Schema, value: unknown, path: string): void {
  if (schema.$ref !== undefined) {
    const target = schemas[schema.$ref];
    if (target === undefined) throw new Error(`the definition lacks ${schema.$ref}`);
    checkValue(schemas, target, value, path);
  } else if (schema.type === 'object') checkObject(schemas, schema, value, path);
  else if (schema.type === 'array') {
    if (!Array.isArray(value)) throw wrongType(path, value);
    for (const item of value) checkValue(schemas, schema.items ?? {}, item, path);
  } else checkScalar(schema, value, path);
}

function checkObject(schemas: Schemas, schema: Schema, value: unknown, path: string): void {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw wrongType(path, value);
  for (const [name, member] of Object.entries(value)) {
    const known = schema.properties?.[name] ?? schema.additionalProperties;
    const below = path === '' ? name : `${path}.${name}`;
    if (known === undefined) {
      const at = path === '' ? '' : ` at '${path}'`;
      const words = `Invalid JSON payload received. Unknown name "${name}"${at}: Cannot find field.`;
      throw new GceError(400, 'badRequest', words);
    }
    checkValue(schemas, known, member, below);
  }
}

function checkScalar(schema: Schema, value: unknown, path: string): void {
  if (schema.type === 'boolean' && typeof value !== 'boolean') throw wrongType(path, value);
  if (schema.type === 'integer' && !Number.isInteger(value)) throw wrongType(path, value);
  if (schema.type !== 'string') return;
  // 64-bit numbers are written as text, and are understood as numbers too.
  if (schema.format === 'int64' || schema.format === 'uint64') {
    if (!/^-?\d+$/.test(String(value))) throw wrongType(path, value);
    return;
  }
  if (typeof value !== 'string') throw wrongType(path, value);
  if (schema.enum && !schema.enum.includes(value)) throw wrongType(path, value);
  if (schema.pattern !== undefined && !new RegExp(`^(?:${schema.pattern})$`).test(value)) {
    throw invalid(`resource.${path}`, value, `Must be a match of regex '${schema.pattern}'`);
  }
}

function wrongType(path: string, value: unknown): GceError {
  return new GceError(400, 'badRequest', `Invalid value at '${path}', ${JSON.stringify(value)}`);
}

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { GceError, invalid, notFound } from './error.ts';
import type { ApiDefinition, Method, Parameter } from './extract-definition.ts';
import { checkValue } from './schema.ts';

/**
 * Where the definition of the API lies: an excerpt of Google's discovery document, as Debian ships it. The SDK's own
 * would be nearer, but it wrote the requests: it can only agree with itself. A copy in the repository and not the
 * package, so that tests of drivers need no network; `definition.test.ts` holds it equal to Debian's.
 */
export const DEFINITION_FILE = join(import.meta.dirname, 'definition.json');

const definition = JSON.parse(readFileSync(DEFINITION_FILE, 'utf8')) as ApiDefinition;

/** A request that is as the definition has it. */
export interface DefinedRequest {
  /** Such as `disks.insert`. */
  readonly method: string;
  readonly path: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, string>>;
  readonly body: Readonly<Record<string, unknown>>;
}

const PREFIX = '/compute/v1/';
/** Understood with every method, and of no matter here. */
const COMMON_PARAMETERS = new Set(['alt', '$alt', 'fields', 'key', 'prettyPrint', 'quotaUser', 'userIp']);
const INTEGER = /^\d+$/;

/** Which method a request is for; undefined for one that is not defined, or not part of the stand-in. */
export function methodOf(verb: string, url: URL): { name: string; path: Record<string, string> } | undefined {
  if (!url.pathname.startsWith(PREFIX)) return undefined;
  const segments = url.pathname.slice(PREFIX.length).split('/').map(decodeURIComponent);
  for (const [name, method] of Object.entries(definition.methods)) {
    const path = method.httpMethod === verb ? matchPath(method.path, segments) : undefined;
    if (path !== undefined) return { name, path };
  }
  return undefined;
}

/**
 * Holds a request against the definition.
 *
 * @throws GceError as the cloud refuses unknown names, missing ones, and values of another type
 */
export function readRequest(verb: string, url: URL, body: string): DefinedRequest {
  const found = methodOf(verb, url);
  const method = definition.methods[found?.name ?? ''];
  if (found === undefined || method === undefined) throw new GceError(404, 'notFound', 'Not Found');
  for (const [name, value] of Object.entries(found.path))
    checkParameter(name, value, method.parameters[name]);
  return {
    method: found.name,
    path: found.path,
    query: readQuery(method, url),
    body: readBody(method, body),
  };
}

function matchPath(template: string, segments: readonly string[]): Record<string, string> | undefined {
  const wanted = template.split('/');
  if (wanted.length !== segments.length) return undefined;
  const path: Record<string, string> = {};
  for (const [index, part] of wanted.entries()) {
    const segment = segments[index] ?? '';
    if (part.startsWith('{')) path[part.slice(1, -1)] = segment;
    else if (part !== segment) return undefined;
  }
  return path;
}

function readQuery(method: Method, url: URL): Record<string, string> {
  const query: Record<string, string> = {};
  for (const [name, value] of url.searchParams) {
    if (COMMON_PARAMETERS.has(name)) continue;
    const parameter = method.parameters[name];
    if (parameter?.location !== 'query') throw unknownName(name, 'Cannot bind query parameter. Field');
    checkParameter(name, value, parameter);
    query[name] =
      parameter.repeated === true && query[name] !== undefined ? `${query[name]},${value}` : value;
  }
  for (const [name, parameter] of Object.entries(method.parameters)) {
    if (parameter.location !== 'query' || parameter.required !== true || query[name] !== undefined) continue;
    throw new GceError(400, 'required', `Required parameter: ${name}`);
  }
  return query;
}

function checkParameter(name: string, value: string, parameter: Parameter | undefined): void {
  if (parameter === undefined) throw notFound(name);
  if (parameter.pattern !== undefined && !new RegExp(`^(?:${parameter.pattern})$`).test(value)) {
    throw invalid(name, value, `Must be a match of regex '${parameter.pattern}'`);
  }
  if (parameter.type === 'boolean' && value !== 'true' && value !== 'false')
    throw wrongParameter(name, value);
  if (parameter.type === 'integer' && !INTEGER.test(value)) throw wrongParameter(name, value);
}

function wrongParameter(name: string, value: string): GceError {
  return new GceError(400, 'badRequest', `Invalid value at '${name}', "${value}"`);
}

function readBody(method: Method, text: string): Record<string, unknown> {
  if (method.request === undefined) {
    // The SDK sends an empty text in quotes to operations.wait, which Google takes.
    if (!['', '{}', '""'].includes(text))
      throw unknownName('', 'Request body is not expected: Cannot find field');
    return {};
  }
  const body = parse(text);
  checkValue(definition.schemas, { $ref: method.request }, body, '');
  const record = body as Record<string, unknown>;
  for (const name of method.required ?? []) {
    if (record[name] === undefined) throw invalid(`resource.${name}`, '', 'No value was given');
  }
  return record;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new GceError(400, 'parseError', 'Invalid JSON payload received.');
  }
}

function unknownName(name: string, why: string): GceError {
  const words = `Invalid JSON payload received. Unknown name "${name}": ${why} '${name}' could not be found in request message.`;
  return new GceError(400, 'badRequest', words);
}

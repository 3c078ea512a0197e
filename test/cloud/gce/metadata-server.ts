import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { type Access, FULL_SCOPES } from './access.ts';
import { closeServer, listenOnLoopback } from '../shared/faulty-server.ts';
import type { Instance } from './model.ts';
import type { World } from './world.ts';

/** How an instance's metadata server differs from the usual one. */
export interface MetadataSettings {
  /** `null`: the instance has no service account. */
  readonly email?: string | null;
  readonly scopes?: readonly string[];
  /** What the service account may do; default: everything. */
  readonly allowed?: readonly string[];
  /** How long a token is good; default: an hour. */
  readonly tokenMs?: number;
  readonly attributes?: Readonly<Record<string, string>>;
}

/** The metadata server of one instance. */
export interface Metadata {
  /** `127.0.0.1:…`, for GCE_METADATA_HOST. */
  readonly host: string;
  close(): Promise<void>;
}

const ROOT = '/computeMetadata/v1/';
const HOUR_MS = 3_600_000;

/** Starts it on a free port: on a real instance its address is fixed. */
export async function startMetadata(
  world: World,
  access: Access,
  instance: Instance,
  settings: MetadataSettings,
): Promise<Metadata> {
  const content = new Content(world, access, instance, settings);
  const server = createServer((request, response) => answer(request, response, content));
  const port = await listenOnLoopback(server);
  return {
    host: `127.0.0.1:${String(port)}`,
    close: async () => await closeServer(server),
  };
}

function answer(request: IncomingMessage, response: ServerResponse, content: Content): void {
  const { pathname } = new URL(request.url ?? '', 'http://metadata');
  // What a page in a browser or a proxy sends on has no such header, or one too many.
  const asked = request.headers['metadata-flavor'] === 'Google';
  if (request.method !== 'GET') send(response, 405, 'Method Not Allowed');
  else if (!asked && pathname !== '/') send(response, 403, 'Missing Metadata-Flavor:Google header.');
  else if (request.headers['x-forwarded-for'] !== undefined) send(response, 403, 'Forbidden');
  else if (pathname === '/' || pathname === ROOT) send(response, 200, 'instance/\nproject/\n');
  else {
    const found = pathname.startsWith(ROOT) ? content.at(pathname.slice(ROOT.length)) : undefined;
    if (found === undefined) send(response, 404, 'Not Found');
    else send(response, 200, found, found.startsWith('{') ? 'application/json' : 'application/text');
  }
}

function send(response: ServerResponse, status: number, text: string, type = 'text/html'): void {
  const headers = { 'metadata-flavor': 'Google', 'content-type': type, server: 'Metadata Server for VM' };
  response.writeHead(status, headers);
  response.end(text);
}

class Content {
  readonly #world: World;
  readonly #access: Access;
  readonly #instance: Instance;
  readonly #settings: MetadataSettings;

  constructor(world: World, access: Access, instance: Instance, settings: MetadataSettings) {
    this.#world = world;
    this.#access = access;
    this.#instance = instance;
    this.#settings = settings;
  }

  at(path: string): string | undefined {
    const { project, projectNumber } = this.#world.parts;
    const { name, id, zone, machineType } = this.#instance;
    const attribute = /^instance\/attributes\/(.+)$/.exec(path)?.[1];
    if (attribute !== undefined) return this.#settings.attributes?.[attribute];
    const account = /^instance\/service-accounts\/(?:default|[^/]+@[^/]+)\/(\w+)$/.exec(path)?.[1];
    if (account !== undefined) return this.#account(account);
    const values: Record<string, string> = {
      'project/project-id': project,
      'project/numeric-project-id': projectNumber,
      'instance/name': name,
      'instance/id': id,
      'instance/hostname': `${name}.${zone}.c.${project}.internal`,
      'instance/zone': `projects/${projectNumber}/zones/${zone}`,
      'instance/machine-type': `projects/${projectNumber}/machineTypes/${machineType}`,
      'instance/attributes/': Object.keys(this.#settings.attributes ?? {})
        .map((key) => `${key}\n`)
        .join(''),
      'universe/universe-domain': 'googleapis.com',
    };
    return values[path];
  }

  #account(what: string): string | undefined {
    const { email, scopes = FULL_SCOPES, allowed, tokenMs = HOUR_MS } = this.#settings;
    if (email === null) return undefined;
    const address = email ?? `${this.#world.parts.projectNumber}-compute@developer.gserviceaccount.com`;
    if (what === 'email') return address;
    if (what === 'scopes') return scopes.map((scope) => `${scope}\n`).join('');
    if (what !== 'token') return undefined;
    const token = { caller: this.#instance.name, email: address, scopes, allowed, lifetimeMs: tokenMs };
    return JSON.stringify({
      access_token: this.#access.issue(token),
      expires_in: Math.floor(tokenMs / 1_000),
      token_type: 'Bearer',
    });
  }
}

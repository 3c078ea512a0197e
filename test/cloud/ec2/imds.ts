import { randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Access, Principal } from './access.ts';
import { closeServer, listenOnLoopback } from '../shared/faulty-server.ts';
import type { Instance } from './model.ts';
import type { World } from './world.ts';

/** How an instance's metadata service differs from the usual one. */
export interface MetadataSettings {
  /** The role that the instance has; none by default. */
  readonly role?: string;
  /** What the role may do; default: everything. */
  readonly allowed?: readonly string[];
  /** How long the role's credentials are good. */
  readonly credentialsMs?: number;
  /** How many hops an answer with a token may travel; a container is two away. Default 1, as on new instances. */
  readonly hopLimit?: number;
  /** How far the caller is away; further than the limit, a token never arrives. */
  readonly hops?: number;
}

/** The metadata service of one instance, version 2 only. */
export interface Metadata {
  readonly endpoint: string;
  close(): Promise<void>;
}

const LONGEST_TOKEN_S = 21_600;
const SIX_HOURS_MS = 6 * 3_600_000;
const TTL_HEADER = 'x-aws-ec2-metadata-token-ttl-seconds';

/** Starts it on a free port: on a real instance its address is fixed and belongs to the link. */
export async function startMetadata(
  world: World,
  access: Access,
  instance: Instance,
  settings: MetadataSettings,
): Promise<Metadata> {
  const tokens = new Map<string, number>();
  const content = new MetadataContent(world, access, instance, settings);
  const server = createServer((request, response) => {
    if (request.url === '/latest/api/token') giveToken(request, response, tokens, settings);
    else answer(request, response, tokens, content);
  });
  const port = await listenOnLoopback(server);
  return {
    endpoint: `http://127.0.0.1:${String(port)}`,
    close: async () => await closeServer(server),
  };
}

function giveToken(
  request: IncomingMessage,
  response: ServerResponse,
  tokens: Map<string, number>,
  { hopLimit = 1, hops = 1 }: MetadataSettings,
): void {
  const seconds = Number(request.headers[TTL_HEADER]);
  if (request.method !== 'PUT') send(response, 405, '');
  // What a proxy passes on may come from outside.
  else if (request.headers['x-forwarded-for'] !== undefined) send(response, 403, '');
  else if (!Number.isInteger(seconds) || seconds < 1 || seconds > LONGEST_TOKEN_S) send(response, 400, '');
  // The packet dies on its way; nobody is told.
  else if (hops > hopLimit) request.resume();
  else {
    const token = randomBytes(42).toString('base64');
    tokens.set(token, Date.now() + seconds * 1_000);
    send(response, 200, token, { [TTL_HEADER]: String(seconds) });
  }
}

function answer(
  request: IncomingMessage,
  response: ServerResponse,
  tokens: ReadonlyMap<string, number>,
  content: MetadataContent,
): void {
  const token = request.headers['x-aws-ec2-metadata-token'];
  const goodUntil = typeof token === 'string' ? tokens.get(token) : undefined;
  if (goodUntil === undefined || goodUntil < Date.now()) {
    send(response, 401, '');
    return;
  }
  const body = content.at((request.url ?? '').replace(/\/$/, ''));
  send(response, body === undefined ? 404 : 200, body ?? '');
}

function send(
  response: ServerResponse,
  status: number,
  body: string,
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, {
    'content-type': 'text/plain',
    'content-length': Buffer.byteLength(body),
    ...headers,
  });
  response.end(body);
}

class MetadataContent {
  readonly #world: World;
  readonly #access: Access;
  readonly #instance: Instance;
  readonly #settings: MetadataSettings;
  #session: Principal | undefined;

  constructor(world: World, access: Access, instance: Instance, settings: MetadataSettings) {
    this.#world = world;
    this.#access = access;
    this.#instance = instance;
    this.#settings = settings;
  }

  at(path: string): string | undefined {
    const { role } = this.#settings;
    const pages: Record<string, () => string> = {
      '/latest/meta-data': () => 'ami-id\niam/\ninstance-id\ninstance-type\nplacement/',
      '/latest/meta-data/instance-id': () => this.#instance.id,
      '/latest/meta-data/instance-type': () => this.#instance.type,
      '/latest/meta-data/placement': () => 'availability-zone\nregion',
      '/latest/meta-data/placement/availability-zone': () => this.#instance.zone,
      '/latest/meta-data/placement/region': () => this.#world.parts.region,
      '/latest/dynamic/instance-identity/document': () => this.#document(),
      ...(role !== undefined && {
        '/latest/meta-data/iam/security-credentials': () => role,
        [`/latest/meta-data/iam/security-credentials/${role}`]: () => this.#credentials(role),
      }),
    };
    return Object.hasOwn(pages, path) ? pages[path]?.() : undefined;
  }

  #document(): string {
    return JSON.stringify({
      accountId: this.#world.parts.account,
      architecture: 'x86_64',
      availabilityZone: this.#instance.zone,
      instanceId: this.#instance.id,
      instanceType: this.#instance.type,
      pendingTime: new Date(this.#instance.launchedAt).toISOString(),
      privateIp: '10.0.0.1',
      region: this.#world.parts.region,
      version: '2017-09-30',
    });
  }

  /** New ones when the old ones are about to end, as on AWS. */
  #credentials(role: string): string {
    const lifetime = this.#settings.credentialsMs ?? SIX_HOURS_MS;
    const rest = (this.#session?.expiresAt ?? 0) - Date.now();
    if (rest < lifetime / 10) {
      this.#session = this.#access.addSession(role, this.#instance.id, lifetime, this.#settings.allowed);
    }
    const session = this.#session;
    return JSON.stringify({
      Code: 'Success',
      LastUpdated: new Date().toISOString(),
      Type: 'AWS-HMAC',
      AccessKeyId: session?.accessKeyId,
      SecretAccessKey: session?.secretAccessKey,
      Token: session?.sessionToken,
      Expiration: new Date(session?.expiresAt ?? 0).toISOString(),
    });
  }
}

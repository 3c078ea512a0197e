import { once } from 'node:events';
import { Agent, type IncomingMessage, request } from 'node:http';

/** What one request is; what is left out is as the engine has it. */
export interface RawRequest {
  readonly path: string;
  readonly method?: string;
  /** Sent as it is, after its length. */
  readonly body?: string | Uint8Array;
  /** Added to the engine's headers; undefined leaves one out. */
  readonly headers?: Readonly<Record<string, string | undefined>>;
}

/** What came back. */
export interface RawAnswer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly text: string;
}

/** A decoded answer. */
export interface Answer {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
}

/** A request under way. */
export interface Pending {
  /** Resolves when the request has left this process. */
  readonly sent: Promise<unknown>;
  readonly answer: Promise<RawAnswer>;
  /** Closes the connection, as the engine does when its time is up. */
  readonly hangUp: () => void;
}

/** One volume as Get and List show it. */
export interface ShownVolume {
  readonly Name: string;
  readonly Mountpoint?: string;
  readonly CreatedAt?: string;
  readonly Status?: Readonly<Record<string, string>>;
}

/** The plugin answered with an error: the line that Docker shows. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  /** The code in the line, e.g. `E_VOLUME_EXISTS`. */
  readonly code: string;

  constructor(line: string) {
    super(line);
    this.code = /\((E_[A-Z_]+)\)/.exec(line)?.[1] ?? 'no code';
  }
}

/**
 * Speaks to a plugin's socket exactly as Docker's engine does: POST, no Content-Type, an empty Host, connections kept
 * open, JSON and a line feed (protocol.md, section 1, "Wire format").
 */
export class EngineClient {
  readonly #socketPath: string;
  readonly #agent: Agent;
  readonly #connections = new Set<object>();

  /** @param connections most connections at a time */
  constructor(socketPath: string, connections = Number.POSITIVE_INFINITY) {
    this.#socketPath = socketPath;
    this.#agent = new Agent({ keepAlive: true, maxSockets: connections, maxFreeSockets: 256 });
  }

  /** Sends one request. The answer rejects when the connection breaks. */
  begin({ path, method = 'POST', body = '', headers = {} }: RawRequest): Pending {
    const sent = request({
      agent: this.#agent,
      socketPath: this.#socketPath,
      path,
      method,
      setDefaultHeaders: false,
      headers: withoutUndefined({
        Host: '',
        'User-Agent': 'Go-http-client/1.1',
        'Content-Length': String(Buffer.byteLength(body)),
        Accept: 'application/vnd.docker.plugins.v1.2+json',
        ...headers,
      }),
    });
    sent.once('socket', (socket) => this.#connections.add(socket));
    const answer = once(sent, 'response').then(
      async ([response]) => await readAnswer(response as IncomingMessage),
    );
    answer.catch(() => undefined);
    const left = once(sent, 'finish');
    left.catch(() => undefined);
    sent.end(body);
    return { sent: left, answer, hangUp: () => void sent.destroy() };
  }

  /** How many connections it took so far. */
  get connectionsMade(): number {
    return this.#connections.size;
  }

  /** Sends one request and waits for the answer. */
  async raw(asked: RawRequest): Promise<RawAnswer> {
    return await this.begin(asked).answer;
  }

  /** One call of the protocol, e.g. `VolumeDriver.Create`. Errors are part of the answer. */
  async call(method: string, body?: unknown): Promise<Answer> {
    const { status, text } = await this.raw({ path: `/${method}`, body: encode(body) });
    return { status, body: JSON.parse(text) as Readonly<Record<string, unknown>> };
  }

  /** One call whose error is thrown as a Refusal. */
  async ask(method: string, body?: unknown): Promise<Readonly<Record<string, unknown>>> {
    const answer = await this.call(method, body);
    const line = answer.body['Err'];
    if (typeof line === 'string' && line !== '') throw new Refusal(line);
    if (answer.status !== 200) throw new Error(`status ${String(answer.status)} without an error`);
    return answer.body;
  }

  async create(name: string, options: Readonly<Record<string, string>> | null = null): Promise<void> {
    await this.ask('VolumeDriver.Create', { Name: name, Opts: options });
  }

  async remove(name: string): Promise<void> {
    await this.ask('VolumeDriver.Remove', { Name: name });
  }

  /** The mount point, as the plugin names it. */
  async mount(name: string, id: string): Promise<string> {
    const { Mountpoint } = await this.ask('VolumeDriver.Mount', { Name: name, ID: id });
    if (typeof Mountpoint !== 'string') throw new Error('Mount answered without a mount point');
    return Mountpoint;
  }

  async unmount(name: string, id: string): Promise<void> {
    await this.ask('VolumeDriver.Unmount', { Name: name, ID: id });
  }

  async get(name: string): Promise<ShownVolume> {
    const { Volume } = await this.ask('VolumeDriver.Get', { Name: name });
    return Volume as ShownVolume;
  }

  /** What `docker volume inspect` shows under Status. */
  async status(name: string): Promise<Readonly<Record<string, string>>> {
    return (await this.get(name)).Status ?? {};
  }

  async list(): Promise<readonly ShownVolume[]> {
    const { Volumes } = await this.ask('VolumeDriver.List', {});
    return Volumes as readonly ShownVolume[];
  }

  async path(name: string): Promise<string> {
    const { Mountpoint } = await this.ask('VolumeDriver.Path', { Name: name });
    return String(Mountpoint);
  }

  async capabilities(): Promise<unknown> {
    return (await this.ask('VolumeDriver.Capabilities', {}))['Capabilities'];
  }

  async activate(): Promise<unknown> {
    return (await this.ask('Plugin.Activate'))['Implements'];
  }

  /** Closes all connections. */
  close(): void {
    this.#agent.destroy();
  }
}

/** The refusal that a call ends in; anything else is a failure of the test. */
export async function refusalOf(call: Promise<unknown>): Promise<Refusal> {
  try {
    await call;
  } catch (thrown) {
    if (thrown instanceof Refusal) return thrown;
    throw thrown;
  }
  throw new Error('the call was answered without an error');
}

/** As Go's encoder writes it; no body at all for undefined. */
export function encode(body: unknown): string {
  return body === undefined ? '' : `${JSON.stringify(body)}\n`;
}

async function readAnswer(response: IncomingMessage): Promise<RawAnswer> {
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  return {
    status: response.statusCode ?? 0,
    headers: response.headers,
    text: Buffer.concat(chunks).toString('utf8'),
  };
}

function withoutUndefined(headers: Readonly<Record<string, string | undefined>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
}

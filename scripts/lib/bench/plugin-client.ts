import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

const HEADER_END = '\r\n\r\n';
/** Ends a chunked body. It cannot occur in the JSON before, which has no carriage returns. */
const LAST_CHUNK = '0\r\n\r\n';

/** An answer, and how long it took from the first byte of the request to the last byte of the answer. */
export interface TimedAnswer {
  readonly text: string;
  readonly ms: number;
}

interface Pending {
  readonly begun: number;
  readonly chunks: Buffer[];
  resolve(answer: TimedAnswer): void;
  reject(error: Error): void;
}

/**
 * Speaks to a plugin as Docker's engine does: one kept connection, one write per request, no Content-Type, an empty
 * Host. It does as little as possible itself, the same for every plugin, since its own work is in the figures.
 */
export class PluginClient {
  readonly #socket: Socket;
  #pending: Pending | undefined;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('data', (chunk: Buffer) => this.#receive(chunk));
    socket.on('error', (error) => this.#pending?.reject(error));
    socket.on('close', () => this.#pending?.reject(new Error('The plugin closed the connection.')));
  }

  /** @throws Error when nobody listens */
  static async connect(socketPath: string): Promise<PluginClient> {
    const socket = connect(socketPath);
    await once(socket, 'connect');
    return new PluginClient(socket);
  }

  /** @throws Error when the plugin refuses or closes the connection */
  async call(name: string, request: object): Promise<TimedAnswer> {
    const answer = await this.#exchange(name, JSON.stringify(request));
    // Not parsed: a List of 10,000 would cost more than its transport.
    if (!answer.text.startsWith('HTTP/1.1 200') || /"Err":"[^"]/.test(answer.text.slice(0, 2000))) {
      throw new Error(`${name} was refused: ${answer.text.slice(0, 1000)}`);
    }
    return answer;
  }

  close(): void {
    this.#pending = undefined;
    this.#socket.destroy();
  }

  #exchange(name: string, body: string): Promise<TimedAnswer> {
    return new Promise((resolve, reject) => {
      const headers = [
        'Host: ',
        'User-Agent: Go-http-client/1.1',
        `Content-Length: ${Buffer.byteLength(body)}`,
      ];
      const accept = 'Accept: application/vnd.docker.plugins.v1.2+json';
      const text = [`POST /${name} HTTP/1.1`, ...headers, accept, '', body].join('\r\n');
      this.#pending = { begun: performance.now(), chunks: [], resolve, reject };
      this.#socket.write(text);
    });
  }

  #receive(chunk: Buffer): void {
    const pending = this.#pending;
    if (pending === undefined) return;
    pending.chunks.push(chunk);
    if (!isWhole(pending.chunks)) return;
    const ms = performance.now() - pending.begun;
    this.#pending = undefined;
    pending.resolve({ text: Buffer.concat(pending.chunks).toString(), ms });
  }
}

function isWhole(chunks: readonly Buffer[]): boolean {
  const [first, last] = [chunks[0], chunks.at(-1)];
  if (first === undefined || last === undefined) return false;
  // Both servers write the headers at once.
  const end = first.indexOf(HEADER_END);
  if (end === -1) return false;
  const length = /\r\ncontent-length: (\d+)/i.exec(first.toString('latin1', 0, end))?.[1];
  if (length === undefined) return last.toString('latin1', Math.max(0, last.length - 5)) === LAST_CHUNK;
  const received = chunks.reduce((sum, { length: bytes }) => sum + bytes, 0);
  return received >= end + HEADER_END.length + Number(length);
}

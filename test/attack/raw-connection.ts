import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

/** An answer as it came over the wire. */
export interface WireAnswer {
  readonly status: number;
  readonly body: string;
}

/** What a test takes for a hanging answer. */
const PATIENCE_MS = 30_000;

/** A connection that sends bytes and reads answers, and nothing more than that. */
export class RawConnection {
  readonly #path: string;
  #socket: Socket | undefined;
  #read: Buffer = Buffer.alloc(0);
  #wake: () => void = () => undefined;

  constructor(path: string) {
    this.#path = path;
  }

  /** Sends one whole request; undefined when the connection was closed instead of an answer. */
  async ask(bytes: Buffer): Promise<WireAnswer | undefined> {
    const socket = await this.#open();
    socket.write(bytes);
    for (;;) {
      const answer = this.#takeAnswer();
      if (answer !== undefined) return answer;
      if (socket.destroyed || socket.readableEnded) {
        this.close();
        return undefined;
      }
      await this.#changed();
    }
  }

  /** Sends bytes and keeps the connection open; gives all that came in that time, or until the other side closed. */
  async sendAndWait(bytes: Buffer, milliseconds: number, enough: (text: string) => boolean): Promise<string> {
    const socket = await this.#open();
    socket.write(bytes);
    const end = Date.now() + milliseconds;
    while (!socket.destroyed && !socket.readableEnded && Date.now() < end) {
      if (enough(this.#read.toString('latin1'))) break;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    const text = this.#read.toString('latin1');
    this.close();
    return text;
  }

  /** Sends bytes, says that no more will come, and reads whatever comes until the end. */
  async sendAndEnd(bytes: Buffer): Promise<string> {
    this.close();
    const socket = await this.#open();
    socket.end(bytes);
    while (!socket.destroyed && !socket.readableEnded) await this.#changed();
    const text = this.#read.toString('latin1');
    this.close();
    return text;
  }

  close(): void {
    this.#socket?.destroy();
    this.#socket = undefined;
    this.#read = Buffer.alloc(0);
  }

  async #open(): Promise<Socket> {
    if (this.#socket !== undefined) return this.#socket;
    const socket = connect({ path: this.#path, allowHalfOpen: true });
    this.#socket = socket;
    socket.on('data', (chunk: Buffer) => {
      this.#read = Buffer.concat([this.#read, chunk]);
      this.#wake();
    });
    for (const event of ['end', 'close', 'error']) socket.on(event, () => this.#wake());
    await once(socket, 'connect');
    return socket;
  }

  async #changed(): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const late = setTimeout(() => reject(new Error('no answer and no end in time')), PATIENCE_MS);
    this.#wake = resolve;
    await promise;
    clearTimeout(late);
  }

  #takeAnswer(): WireAnswer | undefined {
    const end = this.#read.indexOf('\r\n\r\n');
    if (end === -1) return undefined;
    const head = this.#read.toString('latin1', 0, end);
    const status = Number(/^HTTP\/1\.1 (\d{3}) /.exec(head)?.[1]);
    if (status === 100) {
      this.#read = this.#read.subarray(end + 4);
      return this.#takeAnswer();
    }
    const length = Number(/^content-length: (\d+)/im.exec(head)?.[1] ?? 0);
    if (this.#read.length < end + 4 + length) return undefined;
    const body = this.#read.toString('utf8', end + 4, end + 4 + length);
    this.#read = this.#read.subarray(end + 4 + length);
    if (/^connection: close/im.test(head)) this.close();
    return { status, body };
  }
}

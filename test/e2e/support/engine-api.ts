import { once } from 'node:events';
import { request, type IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';

/** An answer of the engine that is under way. */
export interface PendingAnswer {
  readonly status: Promise<number>;
  readonly text: Promise<string>;
}

/** The engine's HTTP API: for looking and tidying, which a command line would make slow, and for what has no command. */
export class EngineApi {
  readonly #socketPath: string;

  constructor(socketPath: string) {
    this.#socketPath = socketPath;
  }

  /** Asks, and returns as soon as the question has left: the answer comes later. */
  async begin(method: string, path: string, body?: object): Promise<PendingAnswer> {
    const headers = body === undefined ? {} : { 'Content-Type': 'application/json' };
    const sent = request({ socketPath: this.#socketPath, method, path, headers, agent: false });
    const answer = once(sent, 'response').then(async ([response]) => {
      const { statusCode = 0 } = response as IncomingMessage;
      return { status: statusCode, text: await text(response as IncomingMessage) };
    });
    // Whoever waits for either hears of the failure.
    answer.catch(() => undefined);
    const left = once(sent, 'finish');
    sent.end(body === undefined ? undefined : JSON.stringify(body));
    await left;
    return { status: answer.then((got) => got.status), text: answer.then((got) => got.text) };
  }

  /** Asks and waits. @throws Error with the engine's message */
  async ask(method: string, path: string, body?: object): Promise<unknown> {
    const answer = await this.begin(method, path, body);
    const [status, reply] = await Promise.all([answer.status, answer.text]);
    if (status >= 400) throw new Error(`${method} ${path}: ${String(status)} ${reply.trim()}`);
    return reply === '' ? undefined : JSON.parse(reply);
  }
}

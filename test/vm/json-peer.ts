import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';

interface Message {
  readonly id?: number;
  readonly return?: unknown;
  readonly error?: { readonly desc: string };
  readonly event?: string;
  readonly data?: Readonly<Record<string, unknown>>;
}

interface Waiting {
  readonly resolve: (answer: unknown) => void;
  readonly reject: (error: Error) => void;
}

const CONNECT_DEADLINE_MS = 10_000;
const ANSWER_DEADLINE_MS = 30_000;

/**
 * One end of QEMU's line protocol, which QEMU itself (QMP) and the agent in the guest speak alike: commands with a
 * number, answers with the same number in any order, and events.
 */
export class JsonPeer {
  readonly #socket: Socket;
  readonly #waiting = new Map<number, Waiting>();
  readonly #listeners = new Set<(event: string, data: Readonly<Record<string, unknown>>) => void>();
  #last = 0;

  private constructor(socket: Socket) {
    this.#socket = socket;
    createInterface(socket).on('line', (line) => this.#take(JSON.parse(line) as Message));
    socket.on('error', () => undefined);
    socket.on('close', () => {
      for (const { reject } of this.#waiting.values()) reject(new Error('QEMU has ended'));
    });
  }

  /** Connects as soon as there is a listener. @throws Error when there is none after ten seconds */
  static async connect(path: string): Promise<JsonPeer> {
    const end = Date.now() + CONNECT_DEADLINE_MS;
    for (;;) {
      const socket = connect(path);
      try {
        await once(socket, 'connect');
        return new JsonPeer(socket);
      } catch (error) {
        if (Date.now() > end) throw error;
        await delay(20);
      }
    }
  }

  /** The answer to a command. @throws Error with the peer's words, or when no answer comes in time */
  async execute(
    command: string,
    args: Readonly<Record<string, unknown>> = {},
    deadlineMs = ANSWER_DEADLINE_MS,
  ): Promise<unknown> {
    const id = (this.#last += 1);
    const giveUp = setTimeout(() => {
      this.#waiting.get(id)?.reject(new Error(`${command}: no answer in ${String(deadlineMs)} ms`));
    }, deadlineMs);
    try {
      return await new Promise((resolve, reject) => {
        this.#waiting.set(id, { resolve, reject });
        if (this.#socket.destroyed) reject(new Error('QEMU has ended'));
        else this.#socket.write(`${JSON.stringify({ execute: command, arguments: args, id })}\n`);
      });
    } finally {
      clearTimeout(giveUp);
      this.#waiting.delete(id);
    }
  }

  /** Resolves with true at the next such event, with false when none comes in time. Call it before what causes it. */
  async event(
    name: string,
    fits: (data: Readonly<Record<string, unknown>>) => boolean,
    deadlineMs: number,
  ): Promise<boolean> {
    return await new Promise((resolve) => {
      const end = (came: boolean): void => {
        clearTimeout(timer);
        this.#listeners.delete(listener);
        resolve(came);
      };
      const listener = (event: string, data: Readonly<Record<string, unknown>>): void => {
        if (event === name && fits(data)) end(true);
      };
      const timer = setTimeout(() => end(false), deadlineMs);
      this.#listeners.add(listener);
    });
  }

  /** Hangs up. */
  close(): void {
    this.#socket.destroy();
  }

  #take(message: Message): void {
    if (message.event !== undefined)
      for (const listener of this.#listeners) listener(message.event, message.data ?? {});
    const waiting = this.#waiting.get(message.id ?? 0);
    if (message.error === undefined) waiting?.resolve(message.return);
    else waiting?.reject(new Error(message.error.desc));
  }
}

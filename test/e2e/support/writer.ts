import { readFile } from 'node:fs/promises';
import { eventually } from './eventually.ts';
import type { Stage } from './stage.ts';

/** Writes 1, 2, 3 … to the volume, ten a second, going on where the last one stopped; a failed write ends it. */
const COUNT = [
  'trap "exit 0" TERM',
  'n=$(tail -n 1 /data/numbers 2>/dev/null || echo 0)',
  'while n=$((n + 1)); do echo $n >> /data/numbers || exit 1; sleep 0.1; done',
].join('\n');

/** A container that writes to its volume without a break, and can be watched even while the engine is down. */
export class Writer {
  readonly container: string;
  readonly #stage: Stage;
  #pid: number;

  private constructor(stage: Stage, container: string, pid: number) {
    this.#stage = stage;
    this.container = container;
    this.#pid = pid;
  }

  /** Starts one; `flags` go to `docker run`. */
  static async start(stage: Stage, container: string, volume: string, ...flags: string[]): Promise<Writer> {
    await stage.start(container, volume, COUNT, ...flags);
    const writer = new Writer(stage, container, await stage.engine.containerPid(container));
    await writer.goesOn();
    return writer;
  }

  /** After the container was started again it is another process. */
  async startedAgain(): Promise<void> {
    this.#pid = await eventually(`container ${this.container} runs`, async () => {
      const pid = await this.#stage.engine.containerPid(this.container);
      return pid > 0 ? pid : undefined;
    });
  }

  /** The last number that is in the volume. */
  async written(): Promise<number> {
    // Through the container's own view, so without the engine and without the plugin.
    const text = await readFile(`/proc/${String(this.#pid)}/root/data/numbers`, 'utf8');
    return lastNumber(text);
  }

  /** Waits until more was written. @throws Error when the writer has stopped */
  async goesOn(): Promise<void> {
    const before = await this.#writtenOrNothing();
    await eventually(`${this.container} goes on writing after ${String(before)}`, async () =>
      (await this.written()) > before + 2 ? true : undefined,
    );
  }

  async #writtenOrNothing(): Promise<number> {
    try {
      return await this.written();
    } catch {
      return 0;
    }
  }
}

/** The last number of what a writer wrote, and the proof that none before it is missing. @throws Error on a gap */
export function lastNumber(text: string): number {
  const numbers = text.split('\n').slice(0, -1).map(Number);
  for (const [index, number] of numbers.entries()) {
    if (number !== index + 1)
      throw new Error(`Line ${String(index + 1)} of what was written is ${String(number)}.`);
  }
  return numbers.length;
}

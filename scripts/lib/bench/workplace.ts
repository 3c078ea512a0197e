import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from '../run.ts';

/**
 * A directory for everything that a benchmark makes, on a real disk. Closing ends what was started (last first), takes
 * off every mount below it and removes it.
 */
export class Workplace {
  readonly directory: string;
  readonly #endings: (() => Promise<void>)[] = [];

  private constructor(directory: string) {
    this.directory = directory;
  }

  static async open(): Promise<Workplace> {
    return new Workplace(await mkdtemp('/var/tmp/stowage-bench-'));
  }

  path(...names: string[]): string {
    return join(this.directory, ...names);
  }

  /** Registers what has to end when the workplace closes. */
  onClose(end: () => Promise<void>): void {
    this.#endings.push(end);
  }

  /** May be called twice. */
  async close(): Promise<void> {
    for (let end = this.#endings.pop(); end !== undefined; end = this.#endings.pop()) await end();
    await this.#unmountAll();
    await rm(this.directory, { recursive: true, force: true });
  }

  async #unmountAll(): Promise<void> {
    const table = await readFile('/proc/self/mountinfo', 'utf8');
    const targets = table.split('\n').map((line) => line.split(' ')[4] ?? '');
    const ours = targets.filter((target) => target.startsWith(`${this.directory}/`));
    for (const target of ours.toReversed()) await run('umount', ['--lazy', target]);
  }
}

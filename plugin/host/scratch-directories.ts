import { readFileSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rmdir } from 'node:fs/promises';
import path from 'node:path';
import type { Log } from '../core/ports/host.ts';
import { makeParents } from './durable.ts';
import { reasonOf } from './system-call-error.ts';

/** Takes the mounts off a directory, as `Mounter.unmount`. */
export type Unmount = (target: string) => Promise<void>;

/**
 * Directories for passing mounts, one parent per process. The parent's name tells whether its process still lives, so
 * that what a killed process left mounted is found and taken off by the next one.
 */
export class ScratchDirectories {
  readonly #root: string;
  readonly #unmount: Unmount;
  readonly #log: Log;
  readonly #own = `${process.pid}-${startOf(readFileSync('/proc/self/stat', 'utf8'))}`;
  #cleared: Promise<void> | undefined;

  constructor(root: string, unmount: Unmount, log: Log) {
    this.#root = root;
    this.#unmount = unmount;
    this.#log = log;
  }

  /** A new empty directory. */
  async make(): Promise<string> {
    await this.clearLeftovers();
    const parent = path.join(this.#root, this.#own);
    await makeParents(parent);
    return mkdtemp(`${parent}/`);
  }

  /** Takes off and removes what processes left that live no more. Done once; a failure is logged and harmless. */
  clearLeftovers(): Promise<void> {
    this.#cleared ??= this.#clear();
    return this.#cleared;
  }

  async #clear(): Promise<void> {
    for (const owner of await namesIn(this.#root)) {
      if (owner === this.#own || (await lives(owner))) continue;
      const parent = path.join(this.#root, owner);
      try {
        for (const name of await namesIn(parent)) {
          await this.#unmount(path.join(parent, name));
          await rmdir(path.join(parent, name));
        }
        await rmdir(parent);
        this.#log.info({ directory: parent }, 'cleared what a killed process left mounted');
      } catch (error) {
        this.#log.warn(
          { directory: parent, reason: reasonOf(error) },
          'could not clear what a killed process left',
        );
      }
    }
  }
}

async function namesIn(directory: string): Promise<string[]> {
  return readdir(directory).catch((): string[] => []);
}

/** When a process started, in ticks since boot: with it, a process number is never mistaken for a later one. */
function startOf(stat: string): string {
  // The command's name, in parentheses, may contain anything; field 22 is the 20th after it.
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
}

async function lives(owner: string): Promise<boolean> {
  const [pid, start] = owner.split('-');
  try {
    return startOf(await readFile(`/proc/${pid}/stat`, 'utf8')) === start;
  } catch {
    return false;
  }
}

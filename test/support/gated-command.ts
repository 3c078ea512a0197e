import { chmodSync, copyFileSync, mkdirSync, readdirSync, realpathSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { eventually } from './eventually.ts';
import type { Stowage } from './stowage.ts';

/**
 * Puts a gate in front of a command that the program runs (cp, mkfs.ext4, e2fsck …), in the program's mount namespace
 * only: each run waits at the gate, so that a test can act in the middle of an operation.
 */
export class GatedCommand {
  readonly #directory: string;

  private constructor(directory: string) {
    this.#directory = directory;
  }

  /** @param command absolute path of the tool */
  static async install(stowage: Stowage, command: string): Promise<GatedCommand> {
    const gate = new GatedCommand(join(stowage.root, `gate-${command.replaceAll('/', '-')}`));
    const [wrapper, real] = [gate.#at('wrapper'), gate.#at('real')];
    mkdirSync(gate.#at('runs'), { recursive: true });
    await stowage.namespace.run('mkfifo', gate.#at('fifo'));
    copyFileSync(realpathSync(command), real);
    writeFileSync(wrapper, gate.#script(real));
    for (const program of [wrapper, real]) chmodSync(program, 0o755);
    await stowage.namespace.run('mount', '--bind', wrapper, realpathSync(command));
    return gate;
  }

  /** Resolves when so many runs have come to the gate. */
  async arrived(runs = 1): Promise<void> {
    await eventually(() => {
      const arrived = readdirSync(this.#at('runs')).length;
      if (arrived < runs) throw new Error(`${String(arrived)} of ${String(runs)} runs have come to the gate`);
    });
  }

  /** Lets so many runs through, now or when they come. */
  async open(runs = 1): Promise<void> {
    // Both ways, so that it does not wait for a reader.
    const fifo = await open(this.#at('fifo'), 'r+');
    await fifo.write('.'.repeat(runs));
    // Kept open until the last has read it: what a FIFO holds goes with its last end.
    await eventually(() => {
      if (readdirSync(this.#at('runs')).some((name) => !name.endsWith('.passed')))
        throw new Error('nobody came through');
    });
    await fifo.close();
  }

  #at(name: string): string {
    return join(this.#directory, name);
  }

  /** argv[0] is kept: mkfs tools look at it. */
  #script(real: string): string {
    return `#!${process.execPath}
const { openSync, readSync, renameSync, writeFileSync } = require('node:fs');
const { basename } = require('node:path');
const { spawnSync } = require('node:child_process');
const run = ${JSON.stringify(this.#at('runs'))} + '/' + process.pid;
writeFileSync(run, '');
readSync(openSync(${JSON.stringify(this.#at('fifo'))}, 'r'), Buffer.alloc(1));
renameSync(run, run + '.passed');
const [, self, ...words] = process.argv;
const { status } = spawnSync(${JSON.stringify(real)}, words, { argv0: basename(self), stdio: 'inherit' });
process.exit(status ?? 1);
`;
  }
}

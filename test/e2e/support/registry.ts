import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { ensurePackages } from '../../../scripts/lib/apt.ts';
import { childOf } from '../../../scripts/lib/engine-namespace.ts';
import type { Engine } from '../../../scripts/lib/engine.ts';
import { eventually } from './eventually.ts';

/** The engine's loopback; nothing outside of its network namespace reaches it. */
const ADDRESS = '127.0.0.1:5055';

/** A registry of our own: Debian's docker-registry, on the engine's loopback. */
export class Registry {
  readonly address = ADDRESS;
  readonly #parent: ChildProcess;

  private constructor(parent: ChildProcess) {
    this.#parent = parent;
  }

  /** Starts one for an engine; its package is installed first when it is missing. */
  static async start(engine: Engine): Promise<Registry> {
    await ensurePackages(['docker-registry']);
    const directory = join(engine.directory, 'registry');
    await mkdir(directory);
    const config = {
      version: '0.1',
      log: { level: 'info' },
      storage: { filesystem: { rootdirectory: join(directory, 'storage') } },
      http: { addr: ADDRESS },
    };
    // JSON is YAML.
    await writeFile(join(directory, 'config.yml'), JSON.stringify(config));
    const logFile = join(directory, 'log');
    const log = openSync(logFile, 'a');
    const line = engine.alongside('docker-registry', ['serve', join(directory, 'config.yml')]);
    const parent = spawn(line.command, line.args, { stdio: ['ignore', log, log] });
    closeSync(log);
    await eventually('the registry listens', async () =>
      (await readFile(logFile, 'utf8')).includes('listening on') ? true : undefined,
    );
    return new Registry(parent);
  }

  async stop(): Promise<void> {
    const gone = once(this.#parent, 'exit');
    process.kill(childOf(this.#parent), 'SIGTERM');
    await gone;
  }
}

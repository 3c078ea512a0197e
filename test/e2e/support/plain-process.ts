import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { childOf } from '../../../scripts/lib/engine-namespace.ts';
import type { Engine } from '../../../scripts/lib/engine.ts';
import { CallLog } from './call-log.ts';
import { eventually } from './eventually.ts';
import { PluginClient } from './plugin-client.ts';
import type { Driver } from './stage.ts';

const MAIN = join(import.meta.dirname, '../../../plugin/main.ts');

/** Stowage as a plain process beside the engine, as on engines without managed plugins; with all it keeps of its own. */
export class PlainProcess implements Driver {
  readonly name: string;
  readonly shownAs: string;
  readonly client: PluginClient;
  readonly calls: CallLog;
  readonly dataDirectory: string;
  readonly #engine: Engine;
  readonly #logFile: string;
  #parent: ChildProcess | undefined;

  /** @param name what the engine finds it by; it is not started yet */
  constructor(engine: Engine, name: string) {
    this.#engine = engine;
    this.name = name;
    this.shownAs = name;
    this.client = new PluginClient(() => engine.hostPath(this.#socket));
    this.#logFile = join(engine.directory, `${name}.log`);
    this.calls = new CallLog(this.#logFile, this.client);
    this.dataDirectory = engine.hostPath(this.#data);
    closeSync(openSync(this.#logFile, 'a'));
  }

  get #socket(): string {
    return `/run/docker/plugins/${this.name}.sock`;
  }

  get #data(): string {
    return `/var/lib/${this.name}`;
  }

  /** Starts it and waits until it listens. */
  async start(): Promise<void> {
    const namespaces = ['--target', String(this.#engine.pid), '--mount', '--pid', '--net', '--wdns=/'];
    const log = openSync(this.#logFile, 'a');
    this.#parent = spawn('nsenter', [...namespaces, '--', process.execPath, MAIN, 'volume'], {
      stdio: ['ignore', log, log],
      env: {
        PATH: '/usr/sbin:/usr/bin:/sbin:/bin',
        STOWAGE_SOCKET: this.#socket,
        STOWAGE_DATA: this.#data,
        STOWAGE_MOUNTS: `/run/${this.name}/volumes`,
        STOWAGE_RUN: `/run/${this.name}`,
        STOWAGE_LOG_LEVEL: 'debug',
      },
    });
    closeSync(log);
    await eventually(`${this.name} answers`, async () => await this.client.call('VolumeDriver.Capabilities'));
  }

  /** Ends it as `systemctl stop` does. May be called twice. */
  async stop(): Promise<void> {
    await this.#end('SIGTERM');
  }

  /** Ends it as a crash does: its socket file stays, and nobody listens on it. */
  async kill(): Promise<void> {
    await this.#end('SIGKILL');
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const parent = this.#parent;
    if (parent === undefined || parent.exitCode !== null || parent.signalCode !== null) return;
    const gone = once(parent, 'exit');
    process.kill(childOf(parent), signal);
    await gone;
  }
}

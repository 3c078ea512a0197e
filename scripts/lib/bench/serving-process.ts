import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { PluginClient } from './plugin-client.ts';

/** A plugin that runs as a plain process and listens on a socket. */
export interface ServerCommand {
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly socketPath: string;
  readonly logPath: string;
}

/** A process's memory in KiB. */
export interface Memory {
  /** Everything that is mapped and present, also what it shares with other processes (VmRSS). */
  readonly resident: number;
  /** Its share of that: what is shared counts in part. */
  readonly proportional: number;
  /** What is backed by no file: heaps and stacks. */
  readonly anonymous: number;
}

const STARTS_WITHIN_MS = 60_000;
const STOPS_WITHIN_MS = 20_000;

/** A started plugin that has answered. */
export class ServingProcess {
  /** From the start of the process to the first answer. */
  readonly startMs: number;
  /** CPU time until then, all threads. */
  readonly startCpuMs: number;
  readonly client: PluginClient;
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess, client: PluginClient, startMs: number, startCpuMs: number) {
    this.#child = child;
    this.client = client;
    this.startMs = startMs;
    this.startCpuMs = startCpuMs;
  }

  /** @throws Error when it ends, or does not answer within a minute; its log says why */
  static async start(server: ServerCommand): Promise<ServingProcess> {
    const log = openSync(server.logPath, 'a');
    const begun = performance.now();
    const child = spawn(server.command, server.args, { stdio: ['ignore', log, log], env: server.env });
    closeSync(log);
    try {
      const client = await connectWhenReady(child, server.socketPath, begun + STARTS_WITHIN_MS);
      await client.call('VolumeDriver.Capabilities', {});
      const startMs = performance.now() - begun;
      return new ServingProcess(child, client, startMs, await cpuMs(child));
    } catch (cause) {
      child.kill('SIGKILL');
      const log = (await readFile(server.logPath, 'utf8')).trimEnd().split('\n');
      throw new Error(`${server.command} did not start. Its log ends:\n${log.slice(-10).join('\n')}`, {
        cause,
      });
    }
  }

  async memory(): Promise<Memory> {
    const [status, smaps] = await Promise.all([this.#read('status'), this.#read('smaps_rollup')]);
    const field = (text: string, name: string): number =>
      Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(text)?.[1]);
    return {
      resident: field(status, 'VmRSS'),
      proportional: field(smaps, 'Pss'),
      anonymous: field(smaps, 'Anonymous'),
    };
  }

  /** Ends it by its number, and waits until it is gone. May be called twice. */
  async stop(): Promise<void> {
    this.client.close();
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const gone = once(this.#child, 'exit');
    this.#child.kill('SIGTERM');
    const late = setTimeout(() => this.#child.kill('SIGKILL'), STOPS_WITHIN_MS);
    await gone;
    clearTimeout(late);
  }

  async #read(file: string): Promise<string> {
    return readFile(`/proc/${this.#child.pid}/${file}`, 'utf8');
  }
}

async function connectWhenReady(
  child: ChildProcess,
  socketPath: string,
  deadline: number,
): Promise<PluginClient> {
  for (;;) {
    try {
      return await PluginClient.connect(socketPath);
    } catch (error) {
      if (child.exitCode !== null || performance.now() > deadline) throw error;
      // Nothing tells when it listens except that it can be reached.
      await delay(1);
    }
  }
}

/** Fields 14 and 15 of proc_pid_stat(5), in hundredths of a second on every Linux. */
async function cpuMs(child: ChildProcess): Promise<number> {
  const stat = await readFile(`/proc/${child.pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { request } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { childOf, type CommandLine } from './engine-namespace.ts';

const READY_WITHIN_MS = 90_000;
const STOPS_WITHIN_MS = 60_000;

/** One running dockerd. */
export class EngineDaemon {
  /** Its process, as seen from outside. */
  readonly pid: number;
  readonly #parent: ChildProcess;

  private constructor(parent: ChildProcess, pid: number) {
    this.#parent = parent;
    this.pid = pid;
  }

  /**
   * Starts dockerd and waits until it answers on its socket.
   *
   * @param line nsenter with dockerd as its one child
   * @throws Error with the end of dockerd's log when it does not come up
   */
  static async start(line: CommandLine, socketPath: string, logPath: string): Promise<EngineDaemon> {
    const log = openSync(logPath, 'a');
    const env = { ...process.env, PATH: '/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin' };
    const parent = spawn(line.command, line.args, { stdio: ['ignore', log, log], env });
    closeSync(log);
    let exited = false;
    parent.on('exit', () => (exited = true));
    const deadline = performance.now() + READY_WITHIN_MS;
    // Nothing tells when dockerd is ready except that its socket answers.
    while (!(await answers(socketPath))) {
      if (exited || performance.now() > deadline) {
        parent.kill('SIGKILL');
        throw new Error(`dockerd did not start. The end of its log:\n${await lastLines(logPath, 15)}`);
      }
      await delay(50);
    }
    return new EngineDaemon(parent, childOf(parent));
  }

  /** Ends it as `systemctl stop docker` does: containers and plugins first (unless live-restore is on). */
  async stop(): Promise<void> {
    await this.#end('SIGTERM');
  }

  /** Ends it as a crash does: containers and plugins go on. */
  async kill(): Promise<void> {
    await this.#end('SIGKILL');
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    if (this.#parent.exitCode !== null || this.#parent.signalCode !== null) return;
    const gone = once(this.#parent, 'exit');
    process.kill(this.pid, signal);
    const giveUp = new AbortController();
    const late = delay(STOPS_WITHIN_MS, 'late', { signal: giveUp.signal }).catch(() => 'ended');
    if ((await Promise.race([gone, late])) === 'late') {
      process.kill(this.pid, 'SIGKILL');
      await gone;
    }
    giveUp.abort();
  }
}

async function answers(socketPath: string): Promise<boolean> {
  const ping = request({ socketPath, path: '/_ping', timeout: 5_000 });
  ping.on('timeout', () => ping.destroy(new Error('no answer')));
  ping.end();
  try {
    const [response] = await once(ping, 'response');
    response.resume();
    return response.statusCode === 200;
  } catch {
    return false;
  }
}

async function lastLines(file: string, count: number): Promise<string> {
  return (await readFile(file, 'utf8')).trimEnd().split('\n').slice(-count).join('\n');
}

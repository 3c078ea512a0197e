import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, readdirSync, readlinkSync } from 'node:fs';
import { run } from './run.ts';

/** A command line, ready for `spawn`. */
export interface CommandLine {
  readonly command: string;
  readonly args: readonly string[];
}

/**
 * A machine within the machine: mounts, processes and (if asked) network of its own. It lives for as long as
 * this process and takes everything that runs in it, and every mount, with it.
 */
export class EngineNamespace {
  /** The first process in it, as seen from outside. */
  readonly holderPid: number;
  readonly #outer: ChildProcess;

  private constructor(outer: ChildProcess, holderPid: number) {
    this.#outer = outer;
    this.holderPid = holderPid;
  }

  /**
   * Makes one. Its `/run` is empty, its mounts are shared among its own processes only, its loopback is up.
   *
   * @param init a static init program; it reaps what the engine leaves behind
   * @param ownNetwork false: it shares the machine's network
   */
  static async open(init: string, ownNetwork: boolean): Promise<EngineNamespace> {
    const namespaces = [
      '--mount',
      '--pid',
      '--fork',
      '--kill-child',
      '--mount-proc',
      '--propagation',
      'private',
    ];
    const args = [...namespaces, ...(ownNetwork ? ['--net'] : []), init, '-s', '--', 'cat'];
    // `cat` ends when this process does, however it ends; init ends with it; the kernel kills all others.
    const outer = spawn('unshare', args, { stdio: ['pipe', 'pipe', 'inherit'] });
    const failed = once(outer, 'exit').then(() => {
      throw new Error('No namespaces could be made for the Docker engine; that takes root.');
    });
    failed.catch(() => {});
    outer.stdin.write('.');
    await Promise.race([once(outer.stdout, 'data'), failed]);
    const namespace = new EngineNamespace(outer, childOf(outer));
    // As on a machine with systemd; without it, containers could not share mounts.
    await namespace.mount(['--make-rshared', '/']);
    await namespace.mount(['-t', 'tmpfs', '-o', 'mode=755', 'tmpfs', '/run']);
    if (ownNetwork)
      await run('nsenter', [`--net=/proc/${namespace.holderPid}/ns/net`, 'ip', 'link', 'set', 'lo', 'up']);
    return namespace;
  }

  /** Runs mount(8) in it, with the machine's own tools. */
  async mount(args: readonly string[]): Promise<void> {
    await run('nsenter', [`--mount=/proc/${this.holderPid}/ns/mnt`, 'mount', ...args]);
  }

  /** A command that runs wholly inside: its mounts, processes and network. */
  inside(command: string, args: readonly string[]): CommandLine {
    const namespaces = ['--target', String(this.holderPid), '--mount', '--pid', '--net', '--wdns=/'];
    return { command: 'nsenter', args: [...namespaces, '--', command, ...args] };
  }

  /** A command that sees its files, but is a process of the machine, in the given working directory. */
  besides(command: string, args: readonly string[], workingDirectory: string): CommandLine {
    const namespaces = ['--target', String(this.holderPid), '--mount', `--wdns=${workingDirectory}`];
    return { command: 'nsenter', args: [...namespaces, '--', command, ...args] };
  }

  /** A command that sees the machine's files but lives and dies with, and speaks in the network of, this one. */
  alongside(command: string, args: readonly string[]): CommandLine {
    const namespaces = ['--target', String(this.holderPid), '--pid', '--net'];
    return { command: 'nsenter', args: [...namespaces, '--', command, ...args] };
  }

  /** Where a path of its own is found from outside. */
  path(inner: string): string {
    return `/proc/${this.holderPid}/root${inner}`;
  }

  /**
   * The process that has this number inside, by its number outside.
   *
   * @throws Error when no such process lives in it.
   */
  outerPid(innerPid: number): number {
    const inside = identity(this.path(`/proc/${innerPid}`));
    const found = readdirSync('/proc').find((name) => {
      if (!/^\d+$/.test(name) || inside === undefined) return false;
      return identity(`/proc/${name}`) === inside && innerNumber(name) === innerPid;
    });
    if (found === undefined) throw new Error(`No process ${innerPid} lives in the engine's namespace.`);
    return Number(found);
  }

  /** Ends every process in it and waits until they are gone. */
  async close(): Promise<void> {
    if (this.#outer.exitCode !== null || this.#outer.signalCode !== null) return;
    const gone = once(this.#outer, 'exit');
    this.#outer.stdin?.end();
    await gone;
  }
}

/** The one child of a process that forks exactly once, as unshare and nsenter do. */
export function childOf(parent: ChildProcess): number {
  const child = Number.parseInt(readFileSync(`/proc/${parent.pid}/task/${parent.pid}/children`, 'utf8'), 10);
  if (Number.isNaN(child)) throw new Error(`Process ${parent.pid} has no child.`);
  return child;
}

/** Tells processes apart through any /proc: start time and mount namespace are the same from everywhere. */
function identity(directory: string): string | undefined {
  try {
    const stat = readFileSync(`${directory}/stat`, 'utf8');
    const startTime = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
    return `${startTime} ${readlinkSync(`${directory}/ns/mnt`)}`;
  } catch {
    return undefined;
  }
}

function innerNumber(outerPid: string): number {
  const numbers = /^NSpid:\s+(.+)$/m
    .exec(readFileSync(`/proc/${outerPid}/status`, 'utf8'))?.[1]
    ?.split(/\s+/);
  return Number(numbers?.[1]);
}

import { type ChildProcess, execFile, spawn, type SpawnOptions } from 'node:child_process';
import { once } from 'node:events';
import { promisify } from 'node:util';
import { type MountTableLine, mountsBelow } from './mount-table.ts';

const execute = promisify(execFile);

/**
 * A mount namespace of a test's own. What is mounted in it is invisible to everybody else on the machine, survives the
 * program under test, and goes away as a whole when the test ends, however it ends.
 */
export class MountNamespace {
  readonly #keeper: ChildProcess;
  readonly #pid: number;
  readonly #children = new Set<ChildProcess>();

  private constructor(keeper: ChildProcess, pid: number) {
    this.#keeper = keeper;
    this.#pid = pid;
  }

  /** Makes one, a copy of ours without any propagation. */
  static async create(): Promise<MountNamespace> {
    // `cat` ends when this process does, because its input ends then.
    const keeper = spawn('unshare', ['--mount', '--propagation', 'private', '--', 'cat'], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    keeper.stdin.write('ready\n');
    await once(keeper.stdout, 'data');
    if (keeper.pid === undefined) throw new Error('the keeper of the mount namespace has no process');
    return new MountNamespace(keeper, keeper.pid);
  }

  /** A path as this process reaches it, mounts of the namespace included. Must not be resolved to a real path. */
  see(path: string): string {
    return `/proc/${String(this.#pid)}/root${path}`;
  }

  /** Mounts at or below a directory. */
  mountsBelow(directory: string): MountTableLine[] {
    return mountsBelow(this.#pid, directory);
  }

  /** Runs a command to its end and returns what it printed. */
  async run(command: string, ...words: readonly string[]): Promise<string> {
    const { stdout } = await execute('nsenter', this.#enter(command, words));
    return stdout;
  }

  /** Starts a command that is killed when the namespace is closed or this process ends. */
  spawn(command: string, words: readonly string[], options: SpawnOptions): ChildProcess {
    const bound = ['--pdeathsig', 'KILL', '--', command, ...words];
    const child = spawn('nsenter', this.#enter('setpriv', bound), options);
    this.#children.add(child);
    child.once('exit', () => this.#children.delete(child));
    return child;
  }

  /** Gives the directory a mount of its own that hands on what is mounted below, as the engine does for a plugin. */
  async share(directory: string): Promise<void> {
    await this.run('mount', '--bind', '--make-shared', directory, directory);
  }

  /** Ends what was started in it, and with the last process the namespace itself. */
  async close(): Promise<void> {
    for (const process of [...this.#children, this.#keeper]) {
      if (process.exitCode !== null || process.signalCode !== null) continue;
      const ended = once(process, 'exit');
      process.kill('SIGKILL');
      await ended;
    }
  }

  #enter(command: string, words: readonly string[]): string[] {
    return ['--target', String(this.#pid), '--mount', '--', command, ...words];
  }
}

import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Answer, EngineClient, type RawAnswer, type RawRequest } from './engine-client.ts';
import { eventually } from './eventually.ts';
import { LogLines, type LogLine } from './log-lines.ts';
import { type BoundLoop, loopsBelow } from './loop-devices.ts';
import { MountNamespace } from './mount-namespace.ts';
import type { MountTableLine } from './mount-table.ts';
import { listening } from './socket-ready.ts';

const PROGRAM = fileURLToPath(new URL('../../plugin/main.ts', import.meta.url));

/** Environment variables. */
type Environment = Readonly<Record<string, string>>;

/** How a Stowage is to be started. */
export interface StowageSettings {
  /** Settings beside the directories and the socket, e.g. STOWAGE_PATH_ROOTS; may depend on `root`. */
  readonly environment?: Environment | ((root: string) => Environment);
  /** Directory for everything; it must exist and is not removed at the end. A new one unless given. */
  readonly root?: string;
  /** What to run in place of the program's source. */
  readonly commandLine?: readonly [string, ...string[]];
  /** How many pipes the program gets beyond its standard three. */
  readonly pipes?: number;
}

/** How the program ended. */
export interface Ending {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/**
 * The real program as a child process, with a data directory, mount points and a socket below a temporary directory,
 * in a mount namespace of its own. Mounts outlive the program, as they do with an engine.
 */
export class Stowage {
  /** Directory of everything below. */
  readonly root: string;
  readonly dataDirectory: string;
  readonly mountsDirectory: string;
  readonly runDirectory: string;
  readonly socket: string;
  /** Speaks to the socket as an engine. */
  readonly engine: EngineClient;
  readonly #ownsRoot: boolean;
  readonly #environment: Environment;
  readonly #commandLine: readonly [string, ...string[]];
  readonly #pipes: number;
  #namespace: MountNamespace;
  #program: ChildProcess | undefined;
  #log = new LogLines();
  #errors = new LogLines();

  private constructor(root: string, settings: StowageSettings, namespace: MountNamespace) {
    this.root = root;
    this.dataDirectory = join(root, 'data');
    this.mountsDirectory = join(root, 'mounts');
    this.runDirectory = join(root, 'run');
    this.socket = join(root, 'socket', 'stowage.sock');
    this.engine = new EngineClient(this.socket);
    this.#ownsRoot = settings.root === undefined;
    const { environment = {} } = settings;
    this.#environment = typeof environment === 'function' ? environment(root) : environment;
    this.#commandLine = settings.commandLine ?? [process.execPath, PROGRAM, 'volume'];
    this.#pipes = settings.pipes ?? 0;
    this.#namespace = namespace;
  }

  /** The directories and the namespace, without the program. */
  static async prepare(settings: StowageSettings = {}): Promise<Stowage> {
    const root = settings.root ?? mkdtempSync(join(tmpdir(), 'stowage-'));
    const namespace = await MountNamespace.create();
    const stowage = new Stowage(root, settings, namespace);
    mkdirSync(stowage.mountsDirectory, { recursive: true });
    mkdirSync(dirname(stowage.socket), { recursive: true });
    await namespace.share(stowage.mountsDirectory);
    return stowage;
  }

  /** Process ID of the running program. */
  get pid(): number {
    const pid = this.#program?.pid;
    if (pid === undefined) throw new Error('the program is not running');
    return pid;
  }

  /** The mount namespace that the program runs in. */
  get namespace(): MountNamespace {
    return this.#namespace;
  }

  /** Starts the program and waits until its socket answers. Throws with its log when it ends instead. */
  async start(environment: Environment = {}): Promise<void> {
    const program = this.launch(environment);
    const giveUp = new AbortController();
    const ended = once(program, 'close', { signal: giveUp.signal }).then(([code]) => {
      throw new Error(`the program ended with ${String(code)}:\n${this.output()}`);
    });
    try {
      await Promise.race([listening(this.socket, giveUp.signal), ended]);
    } finally {
      giveUp.abort();
      ended.catch(() => undefined);
    }
  }

  /** Starts the program without waiting for anything. */
  launch(environment: Environment = {}): ChildProcess {
    const [command, ...words] = this.#commandLine;
    const program = this.#namespace.spawn(command, words, {
      stdio: ['ignore', 'pipe', 'pipe', ...Array.from({ length: this.#pipes }, () => 'pipe' as const)],
      env: { PATH: process.env['PATH'], ...this.settings(), ...this.#environment, ...environment },
    });
    this.#log = new LogLines();
    this.#errors = new LogLines();
    if (program.stdout !== null) this.#log.follow(program.stdout);
    if (program.stderr !== null) this.#errors.follow(program.stderr);
    this.#program = program;
    program.once('close', () => {
      if (this.#program === program) this.#program = undefined;
    });
    return program;
  }

  /** The settings that say where everything is. */
  settings(): Record<string, string> {
    return {
      STOWAGE_SOCKET: this.socket,
      STOWAGE_DATA: this.dataDirectory,
      STOWAGE_MOUNTS: this.mountsDirectory,
      STOWAGE_RUN: this.runDirectory,
      STOWAGE_LOG_LEVEL: 'debug',
    };
  }

  /** One call of the protocol, errors included in the answer. */
  async call(method: string, body?: unknown): Promise<Answer> {
    return await this.engine.call(method, body);
  }

  /** One request of any kind. */
  async raw(request: RawRequest): Promise<RawAnswer> {
    return await this.engine.raw(request);
  }

  /** Log lines of the last start. */
  log(): LogLine[] {
    return this.#log.lines();
  }

  /** The first log line with this message; waits for it. `from` skips earlier lines. */
  async logged(message: string, from = 0): Promise<LogLine> {
    return await this.#log.waitFor(({ msg }) => msg === message, from);
  }

  /** All that the last start printed. */
  output(): string {
    return [...this.#log.texts(), ...this.#errors.texts()].join('\n');
  }

  /** What a mount point shows: its path as this process reaches it. Must not be resolved to a real path. */
  see(path: string): string {
    return this.#namespace.see(path);
  }

  /** Mounts on mount points and in the run directory; the directory's own mount is left out. */
  mounts(): MountTableLine[] {
    const all = [this.mountsDirectory, this.runDirectory].flatMap((directory) =>
      this.#namespace.mountsBelow(directory),
    );
    return all.filter(({ target }) => target !== this.mountsDirectory);
  }

  /** Loop devices that show files of the data directory. */
  loops(): BoundLoop[] {
    return loopsBelow(this.dataDirectory);
  }

  /** kill -9. */
  async kill9(): Promise<void> {
    await this.signal('SIGKILL');
  }

  /** SIGTERM, as an engine stops a plugin; waits for the end. */
  async stop(): Promise<Ending> {
    return await this.signal('SIGTERM');
  }

  /** Sends a signal and waits for the end. */
  async signal(signal: NodeJS.Signals): Promise<Ending> {
    const program = this.#program;
    if (program === undefined) throw new Error('the program is not running');
    // It may have ended by itself.
    if (program.exitCode === null && program.signalCode === null) {
      const ended = once(program, 'close');
      program.kill(signal);
      await ended;
    }
    return { code: program.exitCode, signal: program.signalCode };
  }

  /** Starts the program again, after stopping it if it runs. */
  async restart(environment: Environment = {}): Promise<void> {
    if (this.#program !== undefined) await this.stop();
    await this.start(environment);
  }

  /** What a power cut leaves: the disk. Program and mounts are gone; start again with `start`. */
  async cutPower(): Promise<void> {
    if (this.#program !== undefined) await this.kill9();
    await this.#namespace.close();
    this.#namespace = await MountNamespace.create();
    await this.#namespace.share(this.mountsDirectory);
  }

  /** Ends everything. Throws when a loop device stays or the program printed what is not a log line. */
  async close(): Promise<void> {
    this.engine.close();
    if (this.#program !== undefined) await this.kill9();
    await this.#namespace.close();
    await eventually(() => {
      const loops = this.loops();
      if (loops.length > 0) throw new Error(`loop devices stay bound: ${JSON.stringify(loops)}`);
    });
    if (this.#ownsRoot) rmSync(this.root, { recursive: true, force: true });
    if (this.#errors.texts().length > 0)
      throw new Error(`printed on standard error:\n${this.#errors.texts().join('\n')}`);
  }
}

/** Starts the real program; close it when done. */
export async function startStowage(settings: StowageSettings = {}): Promise<Stowage> {
  const stowage = await Stowage.prepare(settings);
  try {
    await stowage.start();
  } catch (failure) {
    await stowage.close().catch(() => undefined);
    throw failure;
  }
  return stowage;
}

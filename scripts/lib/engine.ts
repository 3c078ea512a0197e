import { existsSync, realpathSync } from 'node:fs';
import { copyFile, mkdir, readFile, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { EngineDaemon } from './engine-daemon.ts';
import { engineDirectory, releaseLoopDevices, removeEngineDirectory } from './engine-leftovers.ts';
import { EngineNamespace, type CommandLine } from './engine-namespace.ts';
import { engineRoot, type EngineRelease, type EngineRoot } from './engine-roots.ts';
import { CommandError, runRaw, type RunOptions, type RunResult } from './run.ts';

/** What runc notes about a running container. */
const RuntimeState = z.object({ init_process_pid: z.number() });

/** Which engine is wanted. */
export interface EngineOptions {
  readonly release: EngineRelease;
  /** Containers and plugins go on while the engine restarts. Default: false. */
  readonly liveRestore?: boolean;
  /** Keep the engine's state here, for the next engine that is given the same. Default: removed at stop. */
  readonly directory?: string;
  /** `own`: a bridge that leads nowhere. `machine`: what `docker build` needs to fetch packages. Default: own. */
  readonly network?: 'own' | 'machine';
  /** Further arguments of dockerd. */
  readonly args?: readonly string[];
}

/**
 * A real Docker engine of our own. It has the machine's files, but its own /var/lib, /run and /etc/docker,
 * processes and network, so that engines do not see each other and nothing of the machine is changed.
 */
export class Engine {
  readonly release: EngineRelease;
  /** Its state: everything of its own, on a real disk. */
  readonly directory: string;
  /** Its API, usable from everywhere on the machine. */
  readonly socketPath: string;
  /** What dockerd and (through it) the plugins have logged, across restarts. */
  readonly logPath: string;
  readonly #namespace: EngineNamespace;
  readonly #args: readonly string[];
  readonly #keepState: boolean;
  #daemon: EngineDaemon | undefined;

  /** Use `startEngine`. */
  constructor(options: EngineOptions, directory: string, namespace: EngineNamespace) {
    this.release = options.release;
    this.directory = directory;
    this.socketPath = join(directory, 'docker.sock');
    this.logPath = join(directory, 'dockerd.log');
    this.#namespace = namespace;
    this.#keepState = options.directory !== undefined;
    this.#args = daemonArguments(options, this.socketPath);
  }

  /** The process of dockerd, as seen from outside. @throws Error while it is not running. */
  get pid(): number {
    if (this.#daemon === undefined) throw new Error('The engine is not running.');
    return this.#daemon.pid;
  }

  /** Starts dockerd again after `kill9` or `halt`. @throws Error with the end of its log if it does not start. */
  async start(): Promise<void> {
    // After a crash, dockerd refuses to start if the number in its old pid file is in use again.
    await rm(this.hostPath('/run/docker.pid'), { force: true });
    const line = this.#namespace.inside('/usr/sbin/dockerd', this.#args);
    this.#daemon = await EngineDaemon.start(line, this.socketPath, this.logPath);
  }

  /** Stops dockerd as `systemctl stop docker` does; its mounts and state stay for `start`. */
  async halt(): Promise<void> {
    await this.#daemon?.stop();
    this.#daemon = undefined;
  }

  /** `systemctl restart docker`. */
  async restart(): Promise<void> {
    await this.halt();
    await this.start();
  }

  /** Crashes dockerd. Containers, plugins and mounts stay; call `start` next. */
  async kill9(): Promise<void> {
    await this.#daemon?.kill();
    this.#daemon = undefined;
  }

  /** Ends the engine with all it runs and has mounted, and removes its state. May be called twice. */
  async stop(): Promise<void> {
    await this.halt();
    await this.#namespace.close();
    if (this.#keepState) await releaseLoopDevices(this.directory);
    else await removeEngineDirectory(this.directory);
  }

  /** `stop` without a good-bye, for when the state is thrown away anyway. */
  async discard(): Promise<void> {
    await this.#namespace.close();
    this.#daemon = undefined;
    await this.stop();
  }

  /**
   * Runs the engine's own command line.
   *
   * @returns its standard output without the last line break
   * @throws CommandError with Docker's message when it fails
   */
  async docker(...args: string[]): Promise<string> {
    const result = await this.dockerRaw(args);
    if (result.exitCode !== 0)
      throw new CommandError('docker', args, result, `exited with ${result.exitCode}`);
    return result.stdout.replace(/\n$/, '');
  }

  /** Runs the engine's own command line, whatever comes of it. @throws CommandError only at its deadline. */
  async dockerRaw(args: readonly string[], options: RunOptions = {}): Promise<RunResult> {
    const line = this.dockerLine(args, options.cwd);
    return runRaw(line.command, line.args, { deadlineMs: 300_000, ...options });
  }

  /** The engine's own command line, for whoever wants to spawn it. */
  dockerLine(args: readonly string[], workingDirectory = process.cwd()): CommandLine {
    const connection = ['--config', join(this.directory, 'cli'), '--host', `unix://${this.socketPath}`];
    return this.#namespace.besides('/usr/bin/docker', [...connection, ...args], workingDirectory);
  }

  /** A command of the machine that runs in the engine's network and ends with the engine. */
  alongside(command: string, args: readonly string[]): CommandLine {
    return this.#namespace.alongside(command, args);
  }

  /** The mount table that the engine sees, in the form of /proc/self/mountinfo. */
  async mountinfo(): Promise<string> {
    return readFile(`/proc/${this.#namespace.holderPid}/mountinfo`, 'utf8');
  }

  /** Where a file that the engine sees at `path` can be read from outside. */
  hostPath(path: string): string {
    return this.#namespace.path(path);
  }

  /** The number outside of a process that Docker knows by this number. @throws Error when there is none. */
  outerPid(pid: number): number {
    return this.#namespace.outerPid(pid);
  }

  /** The main process of a managed plugin, as seen from outside. @throws Error when it is not running. */
  async pluginPid(name: string): Promise<number> {
    const id = await this.docker('plugin', 'inspect', '--format', '{{.Id}}', name);
    const state = await readFile(
      this.hostPath(`/run/docker/runtime-runc/plugins.moby/${id}/state.json`),
      'utf8',
    );
    return this.outerPid(RuntimeState.parse(JSON.parse(state)).init_process_pid);
  }

  /** The main process of a container, as seen from outside. @throws Error when it is not running. */
  async containerPid(name: string): Promise<number> {
    return this.outerPid(Number(await this.docker('inspect', '--format', '{{.State.Pid}}', name)));
  }
}

/**
 * Starts a Docker engine of our own; installs it first when it is missing. Stop it when done; it also ends
 * with this process.
 *
 * @throws Error when it cannot be installed or does not start
 */
export async function startEngine(options: EngineOptions): Promise<Engine> {
  const root = await engineRoot(options.release);
  const directory = options.directory ?? (await engineDirectory());
  await mkdir(join(directory, 'var-lib'), { recursive: true });
  const namespace = await EngineNamespace.open(root.init, options.network !== 'machine');
  const engine = new Engine(options, directory, namespace);
  try {
    await furnish(namespace, root, directory);
    await engine.start();
    return engine;
  } catch (error) {
    await engine.discard();
    throw error;
  }
}

async function furnish(namespace: EngineNamespace, root: EngineRoot, directory: string): Promise<void> {
  await mkdir('/etc/docker', { recursive: true });
  await namespace.mount(['-t', 'tmpfs', 'tmpfs', '/etc/docker']);
  await namespace.mount(['--bind', join(directory, 'var-lib'), '/var/lib']);
  const resolver = existsSync('/etc/resolv.conf') ? realpathSync('/etc/resolv.conf') : '';
  if (resolver.startsWith('/run/')) {
    await mkdir(dirname(namespace.path(resolver)), { recursive: true });
    await copyFile(resolver, namespace.path(resolver));
  }
  // Last, as from here on the machine's own programs are out of sight.
  if (root.usr !== undefined) await namespace.mount(['--bind', root.usr, '/usr']);
}

function daemonArguments(options: EngineOptions, socketPath: string): string[] {
  const sockets = ['--host', 'unix:///run/docker.sock', '--host', `unix://${socketPath}`];
  const liveRestore = options.liveRestore === true ? ['--live-restore'] : [];
  return [...sockets, ...liveRestore, ...networkArguments(options.network), ...(options.args ?? [])];
}

/** On the machine's network an engine must leave alone what is there: the bridge and rules of another engine. */
function networkArguments(network: EngineOptions['network']): string[] {
  if (network !== 'machine') return [];
  const bridge = existsSync('/sys/class/net/docker0') ? [] : ['--bridge', 'none'];
  return [...bridge, '--iptables=false', '--ip-forward=false', '--ip-masq=false'];
}

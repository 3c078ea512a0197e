import assert from 'node:assert/strict';
import { CommandError } from '../../scripts/lib/run.ts';
import type { VmImages } from '../../scripts/lib/vm/images.ts';
import { eventually } from '../support/eventually.ts';
import { HOST_IN_GUEST, Machine } from './machine.ts';
import type { CloudMachine, VmCloud } from './vm-cloud.ts';

const ENGINE_DEADLINE_MS = 90_000;
/** What an emulated machine needs longer for than a real one, and what tests must not wait for. */
const SETTINGS = ['STOWAGE_LOG_LEVEL=debug', 'STOWAGE_DEADLINE=100s', 'STOWAGE_DETACH_GRACE=1s'];
const LOG = '/run/dockerd.log';

/** A machine of a cloud with a Docker engine and Stowage on it. */
export class DockerNode {
  /** What the cloud calls it. */
  readonly id: string;
  readonly #cloud: VmCloud;
  readonly #images: VmImages;
  readonly #known: CloudMachine;
  #machine: Machine | undefined;

  private constructor(cloud: VmCloud, images: VmImages, known: CloudMachine) {
    this.#cloud = cloud;
    this.#images = images;
    this.#known = known;
    this.id = known.id;
  }

  /** A new machine, with the plugin enabled. */
  static async launch(cloud: VmCloud, images: VmImages): Promise<DockerNode> {
    const node = new DockerNode(cloud, images, await cloud.launch());
    await node.boot();
    return node;
  }

  /** The machine itself. @throws Error while it is off */
  get machine(): Machine {
    if (this.#machine === undefined) throw new Error(`${this.id} is off`);
    return this.#machine;
  }

  /** Starts it with fresh disks of its own, as an instance that was replaced by one of the same name. */
  async boot(): Promise<void> {
    this.#machine = await Machine.start(this.#images, this.#known.ports);
    this.#cloud.bay.seat(this.id, this.#machine);
    await eventually(async () => await this.docker('version'), ENGINE_DEADLINE_MS);
    const settings = Object.entries(this.#known.settings(HOST_IN_GUEST));
    const given = settings.map(([name, value]) => `${name}=${value}`);
    await this.docker('plugin', 'set', 'stowage', ...SETTINGS, ...given);
    await this.docker('plugin', 'enable', 'stowage');
  }

  /** Pulls its power plug; the cloud is not told. Twice is fine. */
  async kill(): Promise<void> {
    await this.#machine?.kill();
    this.#machine = undefined;
  }

  /** A command of its Docker. @throws CommandError with Docker's message and the end of the engine's log */
  async docker(...args: string[]): Promise<string> {
    const result = await this.machine.guest.runRaw('docker', args);
    if (result.exitCode === 0) return result.stdout.trim();
    const log = await this.machine.guest.run('tail', ['-n', '8', LOG]);
    const told = { ...result, stderr: `${result.stderr}\n${log}` };
    throw new CommandError('docker', args, told, `exited with ${String(result.exitCode)} on ${this.id}`);
  }

  /** What no command of Docker says to a volume plugin, as docs/operations.md has it. @throws Error with Stowage's words */
  async askStowage(call: string, body: object): Promise<void> {
    const id = await this.docker('plugin', 'inspect', '--format', '{{.Id}}', 'stowage');
    const socket = `/run/docker/plugins/${id}/stowage.sock`;
    const request = [
      '--silent',
      '--unix-socket',
      socket,
      `http://plugin/${call}`,
      '--data',
      JSON.stringify(body),
    ];
    assert.equal((await this.machine.guest.run('curl', request)).trim(), '{}');
  }

  /** A command of its Docker that must fail: what Docker says then. */
  async refusal(...args: string[]): Promise<string> {
    const { exitCode, stdout, stderr } = await this.machine.guest.runRaw('docker', args);
    assert.notEqual(exitCode, 0, `docker ${args.join(' ')} succeeded:\n${stdout}`);
    return stderr.trim();
  }
}

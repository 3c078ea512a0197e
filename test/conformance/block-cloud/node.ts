import { randomUUID } from 'node:crypto';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Backends } from '../../../plugin/core/backends.ts';
import { Call } from '../../../plugin/core/call.ts';
import type { Clock } from '../../../plugin/core/ports/host.ts';
import type { VolumeDriverDefinition } from '../../../plugin/core/ports/volume-driver.ts';
import { VolumeService } from '../../../plugin/core/volume-service.ts';
import { createHost, SqliteStateStore, systemClock } from '../../../plugin/host/index.ts';
import { driverSettings } from '../../support/driver-settings.ts';
import { RecordingLog } from '../../support/recording-log.ts';
import type { CloudMachine } from './region.ts';

/** What a node is made of. */
export interface NodeParts {
  /** A directory of its own. */
  readonly directory: string;
  readonly machine: CloudMachine;
  readonly definition: VolumeDriverDefinition<unknown>;
  readonly clock: Clock;
}

/** One node of a cluster: the whole service as it runs on a machine of the cloud, with this backend alone. */
export class CloudNode {
  readonly machine: CloudMachine;
  readonly log = new RecordingLog();
  readonly mountRoot: string;
  readonly #parts: NodeParts;
  #service: VolumeService;
  #stopped = false;

  private constructor(parts: NodeParts) {
    this.#parts = parts;
    this.machine = parts.machine;
    this.mountRoot = join(parts.directory, 'mounts');
    this.#service = this.#build();
  }

  static async start(parts: NodeParts): Promise<CloudNode> {
    await mkdir(parts.directory, { recursive: true });
    const node = new CloudNode(parts);
    node.#service.start();
    return node;
  }

  get service(): VolumeService {
    return this.#service;
  }

  async create(name: string, options: Readonly<Record<string, string>> = { size: '1GiB' }): Promise<void> {
    await this.#service.create(name, options, this.call());
  }

  /** Mounts as a container does that starts; gives what takes it back. */
  async mount(name: string): Promise<{ readonly path: string; unmount(): Promise<void> }> {
    const id = randomUUID();
    const path = await this.#service.mount(name, id, this.call());
    return { path, unmount: async () => await this.#service.unmount(name, id, this.call()) };
  }

  async remove(name: string): Promise<void> {
    await this.#service.remove(name, this.call());
  }

  async names(): Promise<string[]> {
    return (await this.#service.list(this.call())).map(({ name }) => name);
  }

  /** A container's whole life: mounts, writes, unmounts. */
  async write(name: string, text: string): Promise<void> {
    const { path, unmount } = await this.mount(name);
    await writeFile(join(path, 'note'), text);
    await unmount();
  }

  /** Likewise: mounts, reads what was written, unmounts. */
  async read(name: string): Promise<string> {
    const { path, unmount } = await this.mount(name);
    const text = await readFile(join(path, 'note'), 'utf8');
    await unmount();
    return text;
  }

  /** A request of an engine, as patient as one. */
  call(): Call {
    return new Call(systemClock, 60_000);
  }

  async stop(): Promise<void> {
    if (!this.#stopped) await this.#service.close();
    this.#stopped = true;
  }

  /** As after an update of the plugin. */
  async restart(): Promise<void> {
    await this.stop();
    this.#service = this.#build();
    this.#stopped = false;
    this.#service.start();
  }

  /** Its state is gone, as when a machine was replaced. */
  async restartWithoutState(): Promise<void> {
    await this.stop();
    await rm(join(this.#parts.directory, 'state'), { recursive: true });
    await this.restart();
  }

  #build(): VolumeService {
    const { directory, machine, definition, clock } = this.#parts;
    const { log, mountRoot } = this;
    const host = createHost({
      hostProc: '/proc',
      hostSys: machine.hostSys,
      runDirectory: join(directory, 'run'),
      log,
    });
    const settings = driverSettings(join(directory, 'data'), { environment: machine.environment });
    const backends = new Backends([definition], definition.name, { host, log, clock, settings });
    const store = new SqliteStateStore(join(directory, 'state', 'stowage.db'));
    return new VolumeService({ backends, store, host, clock, log, mountRoot });
  }
}

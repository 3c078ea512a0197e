import assert from 'node:assert/strict';
import type { Access } from './access.ts';
import { bootDiskType, MACHINE_TYPES } from './machine-types.ts';
import { newLabels } from './labels.ts';
import { type Metadata, type MetadataSettings, startMetadata } from './metadata-server.ts';
import type { Disk, Incident, Instance } from './model.ts';
import type { PlannedFailure } from './operation-engine.ts';
import { contentId, GIBIBYTE, type World } from './world.ts';

/** What a new machine is to be. */
export interface MachineSettings {
  readonly machineType?: string;
  /** Default: the project's first. */
  readonly zone?: string;
  readonly labels?: Readonly<Record<string, string>>;
}

/** A disk of a machine, boot disks left out. */
export interface ShownAttachment {
  readonly machine: string;
  readonly disk: string;
  readonly deviceName: string;
  readonly mode: string;
}

const BOOT_GB = 10;

/** What happens to a project from outside its API, and what really is in it. */
export class Control {
  readonly #world: World;
  readonly #access: Access;
  readonly #metadata: Metadata[] = [];

  constructor(world: World, access: Access) {
    this.#world = world;
    this.#access = access;
  }

  /** A new machine that runs, with a boot disk. */
  addMachine(name: string, { machineType = 'n2-standard-2', zone, labels = {} }: MachineSettings = {}): void {
    if (MACHINE_TYPES[machineType] === undefined) throw new Error(`unknown machine type ${machineType}`);
    const world = this.#world;
    const place = { name, zone: zone ?? world.parts.zones[0] ?? '', createdAt: world.now };
    world.requireZone(place.zone);
    const disk: Disk = {
      ...place,
      ...newLabels(),
      id: world.newId(),
      type: bootDiskType(machineType),
      description: '',
      sourceSnapshot: undefined,
      sizeGb: BOOT_GB,
      iops: undefined,
      throughput: undefined,
      accessMode: 'READ_WRITE_SINGLE',
      status: 'READY',
      lastAttachAt: world.now,
      lastDetachAt: undefined,
    };
    const boot = { disk, deviceName: 'persistent-disk-0', mode: 'READ_WRITE', index: 0, boot: true } as const;
    const state = { status: 'RUNNING', frozen: false, disks: [{ ...boot, autoDelete: true }] } as const;
    const id = world.newId();
    world.parts.store.create(contentId(disk), BOOT_GB * GIBIBYTE);
    world.disks.set(`${place.zone}/${name}`, disk);
    world.instances.set(`${place.zone}/${name}`, {
      ...place,
      id,
      labels,
      machineType,
      ...state,
      disks: [...state.disks],
    });
  }

  /** The metadata server of a machine. The stand-in closes it. */
  async startMetadata(machine: string, settings: MetadataSettings = {}): Promise<Metadata> {
    const metadata = await startMetadata(this.#world, this.#access, this.#instance(machine), settings);
    this.#metadata.push(metadata);
    return metadata;
  }

  /** Stops a machine. It keeps its attachments, but no longer sees the disks. */
  async stop(machine: string): Promise<void> {
    const instance = this.#instance(machine);
    instance.status = 'STOPPING';
    await this.#unplugAll(instance);
    instance.status = 'TERMINATED';
  }

  /** Starts a stopped machine; it sees its disks again. */
  async start(machine: string): Promise<void> {
    const instance = this.#instance(machine);
    await this.#world.operations.inOrder(this.#world.instanceLink(instance), async () => {
      instance.status = 'RUNNING';
      instance.frozen = false;
      for (const attached of dataDisks(instance)) await this.#world.plugIn(instance, attached);
    });
  }

  /** Deletes a machine with its boot disk; its other disks are free. */
  async terminate(machine: string): Promise<void> {
    const instance = this.#instance(machine);
    instance.status = 'STOPPING';
    await this.#unplugAll(instance);
    this.#world.instances.delete(`${instance.zone}/${instance.name}`);
    for (const { disk, autoDelete } of instance.disks) {
      disk.lastDetachAt = this.#world.now;
      if (!autoDelete) continue;
      await this.#world.parts.store.remove(contentId(disk));
      this.#world.disks.delete(`${disk.zone}/${disk.name}`);
    }
  }

  /** The machine does nothing any more, and the cloud does not know. Ends with `start` after `stop`. */
  freeze(machine: string): void {
    this.#instance(machine).frozen = true;
  }

  /** Lists do not reach this zone, or reach it again. */
  setZoneReachable(zone: string, reachable: boolean): void {
    if (reachable) this.#world.unreachableZones.delete(zone);
    else this.#world.unreachableZones.add(zone);
  }

  /** The next operation of a type fails although it was accepted. */
  failOperation(plan: PlannedFailure): void {
    this.#world.operations.fail(plan);
  }

  /** Names of all disks, boot disks left out, as `zone/name`: to prove that nothing leaked. */
  disks(): string[] {
    const boot = new Set(
      [...this.#world.instances.values()].flatMap(({ disks }) =>
        disks.filter((one) => one.boot).map(({ disk }) => disk),
      ),
    );
    return [...this.#world.disks].filter(([, disk]) => !boot.has(disk)).map(([key]) => key);
  }

  /** Labels of a disk. */
  labelsOf(disk: string, zone = this.#world.parts.zones[0] ?? ''): Readonly<Record<string, string>> {
    return this.#world.disk(zone, disk).labels;
  }

  /** The file that holds what is on a disk. */
  async fileOf(disk: string, zone = this.#world.parts.zones[0] ?? ''): Promise<string> {
    return await this.#world.parts.store.fileOf(contentId(this.#world.disk(zone, disk)));
  }

  /** Who has which disk, boot disks left out. */
  attachments(): ShownAttachment[] {
    return [...this.#world.instances.values()].flatMap((instance) =>
      dataDisks(instance).map(({ disk, deviceName, mode }) => ({
        machine: instance.name,
        disk: disk.name,
        deviceName,
        mode,
      })),
    );
  }

  /** Names of all snapshots. */
  snapshots(): string[] {
    return [...this.#world.snapshots.keys()];
  }

  /** Operations that are not done. */
  openOperations(): { readonly type: string; readonly target: string }[] {
    return this.#world.operations.list().filter(({ status }) => status !== 'DONE');
  }

  /** What no driver should bring about, and what the stand-in did wrong. */
  incidents(kind?: Incident['kind']): Incident[] {
    return this.#world.incidents.filter((incident) => kind === undefined || incident.kind === kind);
  }

  /** Throws unless no disk ever had two writers and the stand-in made no mistake of its own. */
  assertSound(): void {
    assert.deepEqual([...this.incidents('double-attach'), ...this.incidents('stand-in-failed')], []);
  }

  /** What a bay knows a disk by, e.g. for `deviceOf` of a LoopDiskBay. */
  bayIdOf(disk: string, zone = this.#world.parts.zones[0] ?? ''): string {
    return contentId(this.#world.disk(zone, disk));
  }

  /** Closes the metadata servers. */
  async close(): Promise<void> {
    await Promise.all(this.#metadata.map(async (metadata) => await metadata.close()));
  }

  async #unplugAll(instance: Instance): Promise<void> {
    await this.#world.operations.inOrder(this.#world.instanceLink(instance), async () => {
      for (const attached of dataDisks(instance)) await this.#world.pullOut(instance, attached);
    });
  }

  #instance(name: string): Instance {
    const found = [...this.#world.instances.values()].find((instance) => instance.name === name);
    if (found === undefined) throw new Error(`there is no machine ${name}`);
    return found;
  }
}

function dataDisks({ disks }: Instance): Instance['disks'] {
  return disks.filter(({ boot }) => !boot);
}

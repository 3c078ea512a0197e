import type { protos } from '@google-cloud/compute';
import { StowageError } from '../../../plugin/core/errors.ts';
import type { DriverContext } from '../../../plugin/core/ports/volume-driver.ts';
import type {
  BlockCloud,
  CloudDisk,
  CloudSnapshot,
  DiskRecord,
  Machine,
  MachineState,
  NewDisk,
  SnapshotPurpose,
} from '../block/cloud.ts';
import { pause } from '../block/pause.ts';
import { diskOf, labelsIn, snapshotOf } from './answers.ts';
import { Gce } from './client.ts';
import { DeviceNames } from './device-names.ts';
import { DiskLabels } from './disk-labels.ts';
import { newDisk } from './new-disk.ts';
import { readIdentity, readToken, type MachineIdentity } from './metadata.ts';
import { diskNameOf, hashOf, idOf, placeOf, snapshotNameOf } from './names.ts';
import type { GceOptions } from './options.ts';
import { foreignLabels, LABEL, labelsOf, snapshotLabels } from './record-labels.ts';
import { gceEndpoint, gceSetting } from './settings.ts';
import { gibibytes } from './volume-types.ts';

type Disk = protos.google.cloud.compute.v1.IDisk;

/** Longer than this no healthy attachment takes. */
const ATTACH_LIMIT_MS = 90_000;
/** A disk that is being deleted keeps its name a moment longer. */
const NAME_LIMIT_MS = 120_000;
const NAME_POLL_MS = 1_000;
/** What GCE allows for the name of a snapshot. */
const SNAPSHOT_NAME = /^[a-z]([a-z0-9-]{0,61}[a-z0-9])?$/;

/** GCE as the skeleton of all cloud disks wants it. Volumes are what carries the labels of this cluster. */
export class GceCloud implements BlockCloud<GceOptions> {
  readonly title = 'GCE';
  /** So many names fit into the filter of one call. */
  readonly largestDescribe = 20;
  readonly #context: DriverContext;
  readonly #cluster: string;
  readonly #gce: Gce;
  #identity: Promise<MachineIdentity> | undefined;
  readonly #labels: DiskLabels;
  readonly #names: DeviceNames;
  /** Disks that a machine writes to, as a refusal has told: GCE shows who has a disk, and not how. */
  readonly #written = new Set<string>();

  constructor(context: DriverContext) {
    const { settings, clock } = context;
    this.#context = context;
    this.#cluster = settings.cluster;
    this.#gce = new Gce(async () => {
      const project = (await gceSetting(settings, 'STOWAGE_GCE_PROJECT')) ?? (await this.#self()).project;
      const endpoint = await gceEndpoint(settings);
      const keyFile = await gceSetting(settings, 'GOOGLE_APPLICATION_CREDENTIALS');
      return {
        project,
        ...(endpoint !== undefined && { endpoint }),
        ...(keyFile !== undefined && { keyFile }),
        token: async () => await readToken(await gceSetting(settings, 'GCE_METADATA_HOST')),
      };
    }, clock);
    this.#labels = new DiskLabels(this.#gce);
    this.#names = new DeviceNames(this.#gce, async () => await this.#self());
  }

  async machine(): Promise<Machine> {
    const self = await this.#self();
    return { id: idOf(self), zone: self.zone };
  }

  async list(): Promise<CloudDisk[]> {
    const disks = await this.#gce.findDisks(`labels.${LABEL.cluster} = ${this.#cluster}`);
    return await this.#shown(disks);
  }

  async describe(ids: readonly string[]): Promise<CloudDisk[]> {
    const places = ids.map(placeOf);
    const zones = new Map(places.map(({ zone }) => [zone, places.filter((place) => place.zone === zone)]));
    const found = await Promise.all(
      [...zones].map(async ([zone, [first, ...others]]) => {
        if (first === undefined) return [];
        if (others.length === 0) return [await this.#gce.getDisk(first)];
        const names = [first, ...others].map(({ name }) => `(name = ${name})`);
        return await this.#gce.findDisksIn(zone, names.join(' OR '));
      }),
    );
    return await this.#shown(found.flat().filter((disk) => disk !== undefined));
  }

  async create(wish: NewDisk<GceOptions>): Promise<CloudDisk> {
    const { record, zone } = wish;
    const name = diskNameOf(this.#cluster, record.name);
    const disk = newDisk(wish, name, this.#cluster);
    const { clock } = this.#context;
    for (const begunAt = clock.now(); ;) {
      const refused = await this.#inserted(zone, disk);
      const present = await this.#gce.getDisk({ zone, name });
      if (present !== undefined && present.status !== 'DELETING') return await this.#mine(present, record);
      // Its name will be free in a moment: the disk of this name is on its way out, here or on another machine.
      if (Math.abs(clock.now() - begunAt) > NAME_LIMIT_MS)
        throw refused ?? new StowageError('E_CLOUD_FAILED', `GCE made disk ${name} and does not show it`);
      await pause(clock, NAME_POLL_MS);
    }
  }

  async delete(disk: CloudDisk): Promise<void> {
    await this.#gce.deleteDisk(placeOf(disk.id));
    this.#labels.drop(disk.id);
  }

  async attach(disk: CloudDisk, machine: Machine, readOnly: boolean): Promise<void> {
    const place = placeOf(disk.id);
    const request = { machine: placeOf(machine.id), disk: place, readOnly, limitMs: ATTACH_LIMIT_MS };
    try {
      // Waited for, since only the operation tells that another machine has it, and no disk shows that it is coming.
      if (await this.#gce.attachDisk(request)) return this.#names.attached(disk, place.name);
    } catch (thrown) {
      if (thrown instanceof StowageError && thrown.code === 'E_VOLUME_IN_USE') this.#written.add(disk.id);
      throw thrown;
    }
    // Stuck; the next attempt begins anew.
    await this.detach(disk, machine.id);
    throw new StowageError(
      'E_CLOUD_FAILED',
      `disk ${disk.id} did not come onto machine ${machine.id} within ${String(ATTACH_LIMIT_MS / 1_000)} s`,
      { remedy: 'See in the cloud what keeps it, then repeat.' },
    );
  }

  /** GCE has no force: it takes a disk from a machine whether or not that still uses it. */
  async detach(disk: CloudDisk, machine: string): Promise<void> {
    const place = placeOf(machine);
    // Whoever attached it may have given it any name, and another disk may have that of this one.
    const deviceName = await this.#names.nameOn(place, disk);
    if (deviceName !== undefined) await this.#gce.detachDisk(place, deviceName);
  }

  async modify(disk: CloudDisk, options: GceOptions): Promise<void> {
    const { size, iops, throughput } = options;
    const place = placeOf(disk.id);
    if (size !== undefined && size > disk.sizeBytes) await this.#gce.resizeDisk(place, gibibytes(size));
    const differs = (fact: string, wanted: number | undefined): wanted is number =>
      wanted !== undefined && disk.facts[fact] !== String(wanted);
    const performance = {
      ...(differs('iops', iops) && { provisionedIops: iops }),
      ...(differs('throughput', throughput) && { provisionedThroughput: throughput }),
    };
    if (Object.keys(performance).length > 0) await this.#gce.updateDisk(place, performance);
  }

  async write(disk: CloudDisk, record: DiskRecord): Promise<void> {
    await this.#labels.change(disk.id, (present) => ({
      ...foreignLabels(present),
      ...labelsOf(record, this.#cluster),
    }));
  }

  async forget(disk: CloudDisk): Promise<void> {
    await this.#labels.change(disk.id, foreignLabels);
  }

  async snapshot(disk: CloudDisk, purpose: SnapshotPurpose): Promise<CloudSnapshot> {
    const volume = disk.record?.name ?? disk.id;
    const now = this.#context.clock.now();
    const name = snapshotNameOf(this.#cluster, volume, now);
    const machine = idOf(await this.#self());
    const words = purpose === 'clone' ? `to clone volume ${volume}` : `last state of volume ${volume}`;
    await this.#gce.createSnapshot(placeOf(disk.id), {
      name,
      description: `Stowage: ${words}`,
      labels: snapshotLabels(this.#cluster, volume, purpose, machine),
    });
    return { id: name, sizeBytes: disk.sizeBytes, state: 'pending', machine, madeAt: new Date(now) };
  }

  async findSnapshot(idOrName: string): Promise<CloudSnapshot | undefined> {
    const named = SNAPSHOT_NAME.test(idOrName) ? await this.#gce.getSnapshot(idOrName) : undefined;
    if (named !== undefined) return snapshotOf(named);
    const kept = await this.#snapshots(
      'reclaim',
      `labels.${LABEL.volume} = ${hashOf(this.#cluster, idOrName)}`,
    );
    return kept.toSorted((one, other) => other.madeAt.getTime() - one.madeAt.getTime())[0];
  }

  async snapshots(purpose: SnapshotPurpose): Promise<CloudSnapshot[]> {
    return await this.#snapshots(purpose);
  }

  async deleteSnapshot(id: string): Promise<void> {
    await this.#gce.deleteSnapshot(id);
  }

  async machineState(machine: string): Promise<MachineState> {
    const instance = await this.#gce.getInstance(placeOf(machine));
    if (instance === undefined) return 'gone';
    switch (instance.status) {
      case 'TERMINATED':
      case 'STOPPED':
      case 'SUSPENDED':
        return 'stopped';
      case 'RUNNING':
        return 'running';
      default:
        return 'unknown';
    }
  }

  async findForeign(idOrName: string): Promise<CloudDisk | undefined> {
    if (idOrName.includes('/')) return (await this.describe([idOrName]))[0];
    const found = await this.#gce.findDisks(`name = ${idOrName}`);
    const [disk, other] = (await this.#shown(found)).filter(({ state }) => state !== 'deleting');
    if (other === undefined) return disk;
    throw new StowageError(
      'E_INVALID_OPTION',
      `volumeId=${idOrName}: there are disks of this name in several zones`,
      {
        remedy: `Name the zone too, e.g. volumeId=${String(disk?.id)}.`,
      },
    );
  }

  async close(): Promise<void> {
    await this.#gce.close();
  }

  async #self(): Promise<MachineIdentity> {
    this.#identity ??= this.#readIdentity();
    return await this.#identity;
  }

  async #readIdentity(): Promise<MachineIdentity> {
    try {
      return await readIdentity(await gceSetting(this.#context.settings, 'GCE_METADATA_HOST'));
    } catch (thrown) {
      // Asked once only when it answers.
      this.#identity = undefined;
      throw thrown;
    }
  }

  /** Undefined when the disk is made, or the refusal when its name is taken. */
  async #inserted(zone: string, disk: Disk): Promise<StowageError | undefined> {
    try {
      await this.#gce.insertDisk(zone, disk);
      return undefined;
    } catch (thrown) {
      if (thrown instanceof StowageError && thrown.code === 'E_VOLUME_EXISTS') return thrown;
      throw thrown;
    }
  }

  /** What has the name of our disk: made by this very creation, or by another. */
  async #mine(present: Disk, record: DiskRecord): Promise<CloudDisk> {
    const [disk = diskOf(present, this.#cluster)] = await this.#shown([present]);
    if (disk.record?.createdAt.getTime() === record.createdAt.getTime()) return disk;
    if (disk.record !== undefined)
      throw new StowageError('E_VOLUME_EXISTS', `GCE has made disk ${disk.id} of this name already`);
    throw new StowageError(
      'E_CLOUD_FAILED',
      `disk ${disk.id} has the name of its disk, and is no volume of this cluster`,
      {
        remedy: 'Delete that disk, or choose another name for the volume.',
      },
    );
  }

  async #snapshots(purpose: SnapshotPurpose, ...others: readonly string[]): Promise<CloudSnapshot[]> {
    const own = [`labels.${LABEL.cluster} = ${this.#cluster}`, `labels.${LABEL.purpose} = ${purpose}`];
    const filter = [...own, ...others].map((part) => `(${part})`).join(' AND ');
    return (await this.#gce.findSnapshots(filter)).map(snapshotOf);
  }

  async #shown(disks: readonly Disk[]): Promise<CloudDisk[]> {
    const shown = disks.map((disk) => {
      const one = diskOf(disk, this.#cluster);
      this.#labels.keep(one.id, { labels: labelsIn(disk), fingerprint: disk.labelFingerprint ?? '' });
      if (one.attachments.length === 0) this.#written.delete(one.id);
      return { ...one, sharable: one.sharable && !this.#written.has(one.id) };
    });
    return await this.#names.complete(shown);
  }
}

import type { Clock } from '../../../plugin/core/ports/host.ts';
import type { CloudDisk } from './cloud.ts';
import { DescribeBatch, type DescribedCloud } from './describe-batch.ts';

/** Names that are asked for in a burst share one list; a list is not older than this. */
const LIST_AGE_MS = 2_000;

/** What it asks. */
export interface ListedCloud extends DescribedCloud {
  list(): Promise<CloudDisk[]>;
}

/** A disk with a record. */
export type VolumeDisk = CloudDisk & { readonly record: NonNullable<CloudDisk['record']> };

/**
 * Which disk is which volume. The cloud decides; what is kept here is where a volume was last seen, so that looking at it
 * again is a describe of one disk, and describes of many disks at a time are one call.
 */
export class DiskDirectory {
  readonly #cloud: ListedCloud;
  readonly #clock: Clock;
  readonly #batch: DescribeBatch;
  readonly #seen = new Map<string, VolumeDisk>();
  /** How many changes there were, and which was the last of each volume. */
  #changes = 0;
  readonly #changedAt = new Map<string, number>();
  #listing: { readonly begunAt: number; readonly volumes: Promise<Map<string, VolumeDisk>> } | undefined;

  constructor(cloud: ListedCloud, clock: Clock) {
    this.#cloud = cloud;
    this.#clock = clock;
    this.#batch = new DescribeBatch(cloud, clock);
  }

  /** Every volume's disk, from a list that begins now. */
  async list(): Promise<ReadonlyMap<string, VolumeDisk>> {
    return await this.#list(0);
  }

  /** The same, from a list that began a moment ago if there is one: many who ask at once share it. */
  async listOfLate(): Promise<ReadonlyMap<string, VolumeDisk>> {
    return await this.#list(LIST_AGE_MS);
  }

  /** The volume's disk as it is now; undefined when the cloud shows none. */
  async find(name: string): Promise<VolumeDisk | undefined> {
    const seen = this.#seen.get(name);
    if (seen !== undefined) {
      const disk = await this.describe(seen.id);
      if (disk !== undefined && isVolume(disk) && disk.record.name === name) return disk;
    }
    return (await this.#list(LIST_AGE_MS)).get(name);
  }

  /** What was last seen of the volume, without asking; undefined when that was another volume of this name. */
  lastSeen({ name, createdAt }: Pick<VolumeDisk['record'], 'name' | 'createdAt'>): VolumeDisk | undefined {
    const disk = this.#seen.get(name);
    return disk?.record.createdAt.getTime() === createdAt.getTime() ? disk : undefined;
  }

  /** The disk as it is now; undefined when the cloud shows none. */
  async describe(id: string): Promise<CloudDisk | undefined> {
    const askedAt = this.#changes;
    const disk = await this.#batch.describe(id);
    if (disk !== undefined && isVolume(disk)) this.#see(disk, askedAt);
    return disk;
  }

  /** Keeps what a mutation has just told. */
  put(disk: VolumeDisk): void {
    this.#seen.set(disk.record.name, disk);
    this.#changed(disk.record.name);
  }

  /** The volume is gone. */
  drop(name: string): void {
    this.#seen.delete(name);
    this.#changed(name);
  }

  #changed(name: string): void {
    this.#changes += 1;
    this.#changedAt.set(name, this.#changes);
    this.#listing = undefined;
  }

  /** An answer that was asked for before the last change does not know of it. */
  #see(disk: VolumeDisk, askedAt: number): void {
    const { name } = disk.record;
    if ((this.#changedAt.get(name) ?? 0) <= askedAt) this.#seen.set(name, disk);
  }

  async #list(oldest: number): Promise<Map<string, VolumeDisk>> {
    const now = this.#clock.now();
    const last = this.#listing;
    // Either way: the clock may have been set back since.
    if (last !== undefined && Math.abs(now - last.begunAt) < oldest) return await last.volumes;
    const listing = { begunAt: now, volumes: this.#ask() };
    this.#listing = listing;
    listing.volumes.catch(() => {
      // A failure is nobody's answer but theirs who wait for it.
      if (this.#listing === listing) this.#listing = undefined;
    });
    return await listing.volumes;
  }

  async #ask(): Promise<Map<string, VolumeDisk>> {
    const askedAt = this.#changes;
    const volumes = new Map<string, VolumeDisk>();
    for (const disk of await this.#cloud.list()) {
      if (!isVolume(disk)) continue;
      const other = volumes.get(disk.record.name);
      if (other === undefined || comesBefore(disk, other)) volumes.set(disk.record.name, disk);
    }
    for (const disk of volumes.values()) this.#see(disk, askedAt);
    return volumes;
  }
}

/**
 * Two nodes that create a name at the same moment may make a disk each, where the cloud cannot prevent it. Which of them
 * is the volume every node decides alike: what may hold data before what cannot, then the older.
 */
function comesBefore(one: VolumeDisk, other: VolumeDisk): boolean {
  const rank = (disk: VolumeDisk): string =>
    `${disk.record.content === 'fresh' ? '1' : '0'} ${disk.madeAt.toISOString()} ${disk.id}`;
  return rank(one) < rank(other);
}

/** Whether a disk is a volume of this cluster, and not on its way out. */
export function isVolume(disk: CloudDisk): disk is VolumeDisk {
  return disk.record !== undefined && disk.state !== 'deleting';
}

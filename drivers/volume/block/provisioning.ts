import { StowageError, toStowageError } from '../../../plugin/core/errors.ts';
import type { Clock, Log } from '../../../plugin/core/ports/host.ts';
import type { CloneSource, Volume } from '../../../plugin/core/ports/volume-driver.ts';
import type { Attacher } from './attacher.ts';
import type { BlockCloud, CloudSnapshot, DiskContentKind, DiskRecord } from './cloud.ts';
import { isVolume, type DiskDirectory, type VolumeDisk } from './disk-directory.ts';
import type { DiskWaiter } from './disk-waiter.ts';
import type { BlockOptions } from './options.ts';
import { pause } from './pause.ts';

/** Longer than any cloud takes for a disk, content of a snapshot included: that is filled in while it is used. */
const CREATE_LIMIT_MS = 300_000;
/** What another node has just made may not be shown for this long. */
const VISIBLE_LIMIT_MS = 6_000;
const VISIBLE_POLL_MS = 1_000;
/**
 * How far to go when the cloud remembers disks of this name that were deleted within minutes. Far ones are tried before all
 * between, since each takes a wait.
 */
const ATTEMPTS = [0, 1, 2, 4, 8, 16, 32, 64];
/** Snapshots of large disks take hours. */
const SNAPSHOT_POLL_MS = 5_000;

/** What `Provisioning` is made of. */
export interface ProvisioningParts<Options extends BlockOptions> {
  readonly cloud: BlockCloud<Options>;
  readonly directory: DiskDirectory;
  readonly waiter: DiskWaiter;
  readonly attacher: Attacher<Options>;
  readonly clock: Clock;
  readonly log: Log;
}

/** Where the disk of a new volume comes from: made blank, restored, cloned or adopted. */
export class Provisioning<Options extends BlockOptions> {
  readonly #parts: ProvisioningParts<Options>;
  /** Attempts that deleted disks have used up, by name. */
  readonly #used = new Map<string, number>();
  #clones = 0;

  constructor(parts: ProvisioningParts<Options>) {
    this.#parts = parts;
  }

  /** As `VolumeDriver.create`. */
  async create(volume: Volume<Options>, source?: CloneSource<Options>): Promise<void> {
    const present = await this.#parts.directory.find(volume.name);
    if (present !== undefined) {
      if (present.record.createdAt.getTime() !== volume.createdAt.getTime()) throw taken(present);
      await this.#ready(present);
      return;
    }
    const { volumeId, snapshot } = volume.options;
    if (volumeId !== undefined) return await this.#adopt(volume, volumeId);
    if (source !== undefined) return await this.#clone(volume, source);
    if (snapshot !== undefined) return await this.#restore(volume, snapshot);
    await this.#make(volume, 'fresh', undefined);
  }

  /** The disk of this name has been deleted: the cloud may remember it, and must not take the next one for it. */
  freed(name: string): void {
    this.#used.set(name, (this.#used.get(name) ?? 0) + 1);
  }

  /** Whether a passing snapshot may be in use. */
  get isCloning(): boolean {
    return this.#clones > 0;
  }

  async #restore(volume: Volume<Options>, idOrName: string): Promise<void> {
    const found = await this.#parts.cloud.findSnapshot(idOrName);
    if (found === undefined)
      throw new StowageError('E_INVALID_OPTION', `snapshot=${idOrName} names a snapshot that does not exist`);
    const snapshot = await this.#completed(found, idOrName);
    mustHold(volume.options, snapshot.sizeBytes, 'snapshot');
    await this.#make(volume, 'copied', snapshot.id);
  }

  /** Through a snapshot that has served when the disk is made. */
  async #clone(volume: Volume<Options>, source: CloneSource<Options>): Promise<void> {
    const { directory, attacher } = this.#parts;
    const disk = await directory.find(source.volume.name);
    if (disk === undefined)
      throw new StowageError('E_VOLUME_NOT_FOUND', `its source ${source.volume.name} has no disk any more`);
    const [other] = await attacher.others(disk);
    if (source.target !== undefined || other !== undefined)
      throw sourceInUse(source.volume.name, other?.machine);
    mustHold(volume.options, disk.sizeBytes, 'source');
    this.#clones += 1;
    try {
      await this.#throughSnapshot(volume, disk);
    } finally {
      this.#clones -= 1;
    }
  }

  async #throughSnapshot(volume: Volume<Options>, disk: VolumeDisk): Promise<void> {
    const begun = await this.#parts.cloud.snapshot(disk, 'clone');
    try {
      const snapshot = await this.#completed(begun, begun.id);
      const content = disk.record.content === 'fresh' ? 'fresh' : 'copied';
      await this.#make(volume, content, snapshot.id);
    } finally {
      await this.#discard(begun);
    }
  }

  async #adopt(volume: Volume<Options>, volumeId: string): Promise<void> {
    const { cloud, directory } = this.#parts;
    const disk = await cloud.findForeign(volumeId);
    if (disk === undefined)
      throw new StowageError('E_INVALID_OPTION', `volumeId=${volumeId} names a disk that does not exist`);
    if (isVolume(disk))
      throw new StowageError('E_VOLUME_EXISTS', `disk ${disk.id} is the volume ${disk.record.name} already`);
    mustHold({ size: volume.options.size ?? disk.sizeBytes }, disk.sizeBytes, 'disk');
    const record = recordOf(volume, 'own');
    await cloud.write(disk, record);
    directory.put({ ...disk, record });
  }

  async #make(
    volume: Volume<Options>,
    content: DiskContentKind,
    snapshot: string | undefined,
  ): Promise<void> {
    const { cloud, directory } = this.#parts;
    const zone = volume.options.availabilityZone ?? (await cloud.machine()).zone;
    const record = recordOf(volume, content);
    const first = this.#used.get(volume.name) ?? 0;
    for (const attempt of ATTEMPTS.map((step) => first + step)) {
      try {
        const disk = await cloud.create({ record, options: volume.options, zone, snapshot, attempt });
        const made = { ...disk, record };
        directory.put(made);
        this.#used.set(volume.name, attempt);
        await this.#madeReady(made);
        return;
      } catch (thrown) {
        if (!(thrown instanceof StowageError) || thrown.code !== 'E_VOLUME_EXISTS') throw thrown;
        // Whoever was faster is shown by the end of the first wait; later ones are for who comes just now.
        const other = await this.#shown(volume.name, attempt === first ? VISIBLE_LIMIT_MS : VISIBLE_POLL_MS);
        if (other !== undefined) throw taken(other);
        // Nobody has it: the cloud remembers a disk that has been deleted.
      }
    }
    throw new StowageError('E_CLOUD_FAILED', 'the cloud remembers too many deleted disks of this name', {
      remedy: 'Wait some minutes, or choose another name.',
    });
  }

  /** Whole or not at all: a disk that does not become ready is taken back. */
  async #madeReady(disk: VolumeDisk): Promise<void> {
    try {
      await this.#ready(disk);
    } catch (thrown) {
      try {
        await this.#parts.cloud.delete(disk);
        this.#parts.directory.drop(disk.record.name);
      } catch (undoing) {
        this.#parts.log.warn({ err: toStowageError(undoing), disk: disk.id }, 'could not take back a disk');
      }
      throw thrown;
    }
  }

  async #ready(disk: VolumeDisk): Promise<void> {
    if (disk.state === 'ready') return;
    await this.#parts.waiter.until({
      id: disk.id,
      what: 'into being',
      limitMs: CREATE_LIMIT_MS,
      judge: (now) => {
        if (now?.state === 'failed' || now?.state === 'deleting')
          throw new StowageError('E_CLOUD_FAILED', `the cloud could not make disk ${disk.id}`, {
            remedy:
              'Check the encryption key and its permissions, and see in the cloud what is wrong with it.',
          });
        return now?.state === 'ready' || undefined;
      },
    });
  }

  /** The disk of this name, which may only just have been made. */
  async #shown(name: string, limitMs: number): Promise<VolumeDisk | undefined> {
    const { clock, directory } = this.#parts;
    for (let waited = 0; ; waited += VISIBLE_POLL_MS) {
      const disk = (await directory.list()).get(name);
      if (disk !== undefined || waited >= limitMs) return disk;
      await pause(clock, VISIBLE_POLL_MS);
    }
  }

  async #completed(snapshot: CloudSnapshot, name: string): Promise<CloudSnapshot> {
    const { cloud, clock } = this.#parts;
    for (let now: CloudSnapshot | undefined = snapshot; ; now = await cloud.findSnapshot(snapshot.id)) {
      if (now?.state === 'ready') return now;
      if (now === undefined || now.state === 'failed')
        throw new StowageError('E_CLOUD_FAILED', `snapshot ${name} has failed or is gone`, {
          remedy: 'Choose another snapshot, or repeat.',
        });
      await pause(clock, SNAPSHOT_POLL_MS);
    }
  }

  /** What is left is found by the next start. */
  async #discard(snapshot: CloudSnapshot): Promise<void> {
    try {
      await this.#parts.cloud.deleteSnapshot(snapshot.id);
    } catch (thrown) {
      this.#parts.log.warn(
        { err: toStowageError(thrown), snapshot: snapshot.id },
        'could not delete a passing snapshot',
      );
    }
  }
}

function recordOf(volume: Volume<BlockOptions>, content: DiskContentKind): DiskRecord {
  const { name, given, createdAt } = volume;
  return { name, given, createdAt, content, retained: false, lease: undefined };
}

function taken({ id, record }: VolumeDisk): StowageError {
  return new StowageError('E_VOLUME_EXISTS', `disk ${id} is the volume ${record.name} already`);
}

function mustHold({ size }: { readonly size: number | undefined }, least: number, what: string): void {
  if (size === undefined || size >= least) return;
  throw new StowageError(
    'E_INVALID_OPTION',
    `size is smaller than the ${what}, which has ${String(least)} bytes`,
    {
      remedy: 'Leave size out, or make it larger.',
    },
  );
}

function sourceInUse(name: string, machine: string | undefined): StowageError {
  const where = machine === undefined ? 'here' : `on machine ${machine}`;
  return new StowageError(
    'E_VOLUME_IN_USE',
    `its source ${name} is in use ${where}, so a copy would not be of one moment`,
    { remedy: 'Stop the containers that use the source, then repeat.' },
  );
}

import { StowageError, toStowageError } from '../../../plugin/core/errors.ts';
import type { Clock, Disk, FileSystemFacts, Host, Log } from '../../../plugin/core/ports/host.ts';
import type { VolumeDisk } from './disk-directory.ts';
import { FileSystemStage } from './file-system-stage.ts';
import { refusedFileSystemOption } from './mount-options.ts';
import type { BlockOptions } from './options.ts';
import { pause } from './pause.ts';
import { unexpectedContent } from './refusals.ts';

/** The kernel shows a disk a moment after the cloud calls it attached. */
const SHOW_LIMIT_MS = 60_000;
/** A disk learns a moment after the cloud that it has grown. */
const GROWN_LIMIT_MS = 60_000;
const GROWN_POLL_MS = 500;

/** What a `DeviceStage` is made of. */
export interface DeviceStageParts {
  readonly host: Host;
  readonly clock: Clock;
  readonly log: Log;
  /** Writes down that the disk has been formatted, or that a copy has got an identity of its own. */
  settle(disk: VolumeDisk): Promise<void>;
  /** Throws unless it is certain that this very disk is the volume: asked once, before the first formatting. */
  mustBeTheVolume(disk: VolumeDisk): Promise<void>;
}

/** From a disk that is attached to this machine to a mounted file system, and never over data. */
export class DeviceStage {
  readonly #parts: DeviceStageParts;
  readonly #stage: FileSystemStage;

  constructor(parts: DeviceStageParts) {
    this.#parts = parts;
    this.#stage = new FileSystemStage(parts.host);
  }

  /** After it resolves `target` shows the volume. */
  async mount(disk: VolumeDisk, options: BlockOptions, target: string): Promise<void> {
    await this.#withDevice(disk, options, async (device) => {
      const facts = await this.#prepare(disk, device, options);
      const fileSystem = {
        device: device.path,
        type: facts.type,
        options: options.readOnly ? readOnlyOptions(options, facts) : options.mountOptions,
      };
      await this.#stage.inPassing(fileSystem, async (root) => {
        if (await this.#isOurs(root, disk)) await this.#stage.bindData(root, target, options);
        else await this.#stage.bindWhole(root, target);
        if (!options.readOnly) await this.#fill(device, facts, target);
      });
    });
  }

  /** Makes the mounted file system as large as its disk. */
  async grow(disk: VolumeDisk, options: BlockOptions, target: string): Promise<void> {
    await this.#withDevice(disk, options, async (device) => {
      const facts = await this.#parts.host.fileSystems.probe(device.path);
      if (facts === undefined || !(await this.#stage.isSmallerThan(device.path, device.sizeBytes))) return;
      await this.#parts.host.fileSystems.grow(device.path, target, facts.type);
    });
  }

  /** The disk as this machine shows it, if it does: `major:minor` of what is mounted. */
  async deviceOf(disk: VolumeDisk, options: BlockOptions): Promise<string | undefined> {
    const whole = await this.#parts.host.blockDevices.findDisk(disk.serial);
    if (whole === undefined) return undefined;
    try {
      const device = await this.#part(whole, options);
      await device.release();
      return device.device;
    } finally {
      await whole.release();
    }
  }

  /** Whether anything on this machine still uses the disk. One that it does not show is not in use. */
  async isInUse(disk: VolumeDisk, options: BlockOptions): Promise<boolean> {
    const { blockDevices } = this.#parts.host;
    const whole = await blockDevices.findDisk(disk.serial);
    if (whole === undefined) return false;
    try {
      if (await blockDevices.isInUse(whole)) return true;
      if (options.partition === undefined) return false;
      const part = await this.#part(whole, options);
      try {
        return await blockDevices.isInUse(part);
      } finally {
        await part.release();
      }
    } finally {
      await whole.release();
    }
  }

  async #withDevice(
    disk: VolumeDisk,
    options: BlockOptions,
    work: (device: Disk) => Promise<void>,
  ): Promise<void> {
    const whole = await this.#parts.host.blockDevices.waitForDisk(disk.serial, SHOW_LIMIT_MS);
    try {
      await this.#mustHaveSize(whole, disk);
      const device = await this.#part(whole, options);
      try {
        await work(device);
      } finally {
        await device.release();
      }
    } finally {
      await whole.release();
    }
  }

  async #part(whole: Disk, { partition }: BlockOptions): Promise<Disk> {
    if (partition !== undefined) return await this.#parts.host.blockDevices.openPartition(whole, partition);
    return { ...whole, release: async () => await Promise.resolve() };
  }

  /** A disk that is not as large as the cloud says is another one, or has not learnt yet that it has grown. */
  async #mustHaveSize(whole: Disk, disk: VolumeDisk): Promise<void> {
    let size = whole.sizeBytes;
    for (let waited = 0; size < disk.sizeBytes && waited < GROWN_LIMIT_MS; waited += GROWN_POLL_MS) {
      if (waited > 0) await pause(this.#parts.clock, GROWN_POLL_MS);
      size = await this.#parts.host.blockDevices.refreshDisk(whole);
    }
    if (size === disk.sizeBytes) return;
    throw new StowageError(
      'E_DEVICE_UNAVAILABLE',
      `${whole.description} has ${String(size)} bytes, but the cloud says that disk ${disk.id} has ${String(disk.sizeBytes)}; nothing was read or written`,
      { remedy: 'See in the cloud which disk is attached to this machine, then repeat.' },
    );
  }

  /** Makes sure that the device holds a file system that can be mounted; formats it where that loses nothing. */
  async #prepare(disk: VolumeDisk, device: Disk, options: BlockOptions): Promise<FileSystemFacts> {
    const { fileSystems } = this.#parts.host;
    const facts = await fileSystems.probe(device.path);
    if (disk.record.content === 'fresh') return await this.#prepareFresh(disk, device, options);
    if (facts === undefined) {
      const content = await fileSystems.examine(device.path);
      throw unexpectedContent(disk, content, 'and no file system that can be mounted is on it');
    }
    const refused = refusedFileSystemOption(options.mountOptions, facts.type);
    if (refused !== undefined)
      throw new StowageError(
        'E_INVALID_OPTION',
        `mountOptions has ${JSON.stringify(refused)}, which ${facts.type} does not take`,
      );
    if (options.readOnly) return facts;
    if (!facts.clean) await fileSystems.check(device.path, facts.type);
    if (disk.record.content === 'copied') {
      await this.#renew(device, facts);
      await this.#parts.settle(disk);
    }
    return facts;
  }

  async #prepareFresh(disk: VolumeDisk, device: Disk, options: BlockOptions): Promise<FileSystemFacts> {
    const { fileSystems } = this.#parts.host;
    const content = await fileSystems.examine(device.path);
    if (content.kind === 'blank') {
      await this.#parts.mustBeTheVolume(disk);
      await fileSystems.format(device.path, options.fsType, options.mkfsOptions);
    } else if (content.kind !== 'file-system' || content.facts.type !== options.fsType) {
      throw unexpectedContent(disk, content, 'where a blank disk was made');
    }
    // Formatted a moment ago, or before a crash that came before this could be written down.
    await this.#parts.settle(disk);
    const facts = await fileSystems.probe(device.path);
    if (facts !== undefined) return facts;
    throw new StowageError('E_HOST_FAILED', `${device.path} was formatted and shows no file system`);
  }

  /** A copy has the identity of its original, and both may be mounted here. */
  async #renew(device: Disk, { type }: FileSystemFacts): Promise<void> {
    const { host } = this.#parts;
    // A log that has to be replayed keeps it from getting an identity of its own.
    if (type === 'xfs')
      await this.#stage.inPassing({ device: device.path, type, options: ['nouuid'] }, async () => {
        await Promise.resolve();
      });
    await host.fileSystems.renew(device.path, type);
  }

  /** What Stowage formatted has a `data` directory at its top and nothing beside it; anything else is shown whole. */
  async #isOurs(root: string, { record }: VolumeDisk): Promise<boolean> {
    const isElsewhere = record.given['volumeId'] !== undefined || record.given['snapshot'] !== undefined;
    if (!isElsewhere) return true;
    const names = (await this.#parts.host.files.list(root)).filter((name) => name !== 'lost+found');
    return names.length === 1 && names[0] === 'data';
  }

  /** A disk that has grown while it was not mounted. It must not keep a mount from users. */
  async #fill(device: Disk, facts: FileSystemFacts, target: string): Promise<void> {
    if (!(await this.#stage.isSmallerThan(device.path, device.sizeBytes))) return;
    try {
      await this.#parts.host.fileSystems.grow(device.path, target, facts.type);
    } catch (thrown) {
      this.#parts.log.warn({ err: toStowageError(thrown) }, 'mounted, but smaller than its disk');
    }
  }
}

/** Nothing may be written, not even what a crash left to be replayed. */
function readOnlyOptions({ mountOptions }: BlockOptions, { type, clean }: FileSystemFacts): string[] {
  const replay = { ext4: 'noload', xfs: 'norecovery', btrfs: 'nologreplay' } as const;
  const options = mountOptions.filter((option) => option !== 'rw' && option !== 'ro');
  return [...options, 'ro', ...(clean ? [] : [replay[type]])];
}

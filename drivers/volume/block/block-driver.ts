import { StowageError, toStowageError } from '../../../plugin/core/errors.ts';
import { formatBytes } from '../../../plugin/core/option-sizes.ts';
import type { Host } from '../../../plugin/core/ports/host.ts';
import type {
  CloneSource,
  DiscoveredVolume,
  DriverContext,
  DriverStatus,
  Holder,
  Usage,
  Volume,
  VolumeDriver,
} from '../../../plugin/core/ports/volume-driver.ts';
import { Attacher } from './attacher.ts';
import type { BlockCloud, DiskRecord } from './cloud.ts';
import { DetachGrace } from './detach-grace.ts';
import { DeviceStage } from './device-stage.ts';
import { DiskDirectory, type VolumeDisk } from './disk-directory.ts';
import { DiskWaiter } from './disk-waiter.ts';
import { Disposal } from './disposal.ts';
import type { BlockOptions } from './options.ts';
import { Provisioning } from './provisioning.ts';
import { lost } from './refusals.ts';
import { Tidying } from './tidying.ts';

/** A machine takes a moment to notice that a modified disk is larger. */
const MODIFY_LIMIT_MS = 600_000;

/** Volumes that are disks of a cloud: one disk a volume, described by the cloud alone, on one machine at a time. */
export class BlockDriver<Options extends BlockOptions> implements VolumeDriver<Options> {
  readonly #cloud: BlockCloud<Options>;
  readonly #host: Host;
  readonly #directory: DiskDirectory;
  readonly #waiter: DiskWaiter;
  readonly #attacher: Attacher<Options>;
  readonly #stage: DeviceStage;
  readonly #grace: DetachGrace;
  readonly #provisioning: Provisioning<Options>;
  readonly #disposal: Disposal<Options>;
  readonly #tidying: Tidying<Options>;

  constructor(
    cloud: BlockCloud<Options>,
    context: DriverContext,
    understand: (given: DiskRecord['given']) => Options,
  ) {
    const { host, clock, log, settings } = context;
    this.#cloud = cloud;
    this.#host = host;
    this.#directory = new DiskDirectory(cloud, clock);
    this.#waiter = new DiskWaiter(this.#directory, clock, log);
    this.#grace = new DetachGrace(settings.detachGraceMs, clock, log);
    const shared = { cloud, clock, log, directory: this.#directory, waiter: this.#waiter };
    this.#attacher = new Attacher(shared);
    this.#provisioning = new Provisioning({ ...shared, attacher: this.#attacher });
    this.#disposal = new Disposal({
      ...shared,
      attacher: this.#attacher,
      freed: (name) => this.#provisioning.freed(name),
    });
    this.#stage = new DeviceStage({
      host,
      clock,
      log,
      settle: async (disk) => await this.#write(disk, { content: 'own' }),
      mustBeTheVolume: async (disk) => await this.#mustBeTheVolume(disk),
    });
    this.#tidying = new Tidying({
      ...shared,
      isCloning: () => this.#provisioning.isCloning,
      detachLater: ({ record }) => this.#detachLater(record, understand(record.given)),
    });
  }

  async recover(): Promise<void> {
    // Not waited for: a cloud that does not answer must not hold up what is known without it.
    this.#tidying.begin();
    await Promise.resolve();
  }

  async discover(): Promise<DiscoveredVolume[]> {
    const [machine, volumes] = await Promise.all([this.#cloud.machine(), this.#directory.list()]);
    return [...volumes.values()].map((disk) => discovered(disk, machine.id));
  }

  async find(name: string): Promise<DiscoveredVolume | undefined> {
    const [machine, disk] = await Promise.all([this.#cloud.machine(), this.#directory.find(name)]);
    return disk && discovered(disk, machine.id);
  }

  async create(volume: Volume<Options>, source?: CloneSource<Options>): Promise<void> {
    if (source === undefined) return await this.#provisioning.create(volume);
    await this.#grace.keeping(source.volume.name, async () => {
      // It would be detached in a moment; a snapshot is of what the disk holds, so that has to be there.
      await this.#detach(source.volume, source.volume.options);
      await this.#provisioning.create(volume, source);
    });
  }

  async remove(volume: Volume<Options>): Promise<void> {
    await this.#grace.keeping(volume.name, async () => await this.#disposal.remove(volume));
  }

  async record(volume: Volume<Options>, retained: boolean): Promise<void> {
    const disk = await this.#require(volume);
    if (!retained) await this.#cloud.modify(disk, volume.options);
    await this.#write(disk, { given: volume.given, retained });
  }

  async mount(volume: Volume<Options>, target: string): Promise<void> {
    await this.#grace.keeping(volume.name, async () => {
      const disk = await this.#attacher.attach(await this.#require(volume), volume.options);
      await this.#stage.mount(disk, volume.options, target);
    });
  }

  async unmount(volume: Volume<Options>, target: string): Promise<void> {
    await this.#host.mounts.unmount(target);
    this.#detachLater(volume, volume.options);
  }

  async mustLive(volume: Volume<Options>): Promise<void> {
    const disk = this.#directory.lastSeen(volume) ?? (await this.#require(volume));
    // A mount that lives keeps its disk in use; a disk that went and came back is another to the kernel.
    if (!(await this.#stage.isInUse(disk, volume.options))) throw lost(disk);
  }

  async grow(volume: Volume<Options>, target: string | undefined): Promise<void> {
    const disk = await this.#require(volume);
    const { size = 0 } = volume.options;
    if (disk.sizeBytes < size) await this.#cloud.modify(disk, volume.options);
    const grown = disk.sizeBytes < size ? await this.#enlarged(disk, size) : disk;
    // Not mounted: the next mount lets the file system fill the disk.
    if (target !== undefined) await this.#stage.grow(grown, volume.options, target);
  }

  async holders(volume: Volume<Options>, target: string | undefined): Promise<Holder[]> {
    const device =
      target === undefined ? await this.#deviceOf(volume) : (await this.#host.mounts.identify(target)).device;
    return device === undefined ? [] : await this.#host.mounts.holders({ device, root: '/' }, target);
  }

  async usage(_volume: Volume<Options>, target: string | undefined): Promise<Usage | undefined> {
    return target === undefined ? undefined : await this.#host.fileSystems.space(target);
  }

  async measure(volume: Volume<Options>): Promise<Usage | undefined> {
    const disk = this.#directory.lastSeen(volume);
    return await Promise.resolve(disk && { usedBytes: disk.sizeBytes, sizeBytes: disk.sizeBytes });
  }

  describe(volume: Volume<Options>): DriverStatus {
    const { options } = volume;
    const disk = this.#directory.lastSeen(volume);
    const size = disk?.sizeBytes ?? options.size;
    return {
      ...(size !== undefined && { size: formatBytes(size) }),
      fileSystem: options.fsType,
      ...(disk !== undefined && { disk: disk.id, zone: disk.zone, ...disk.facts }),
      ...(disk?.attachments[0] !== undefined && {
        attachedTo: disk.attachments.map(({ machine }) => machine).join(', '),
      }),
    };
  }

  async close(): Promise<void> {
    this.#tidying.close();
    this.#grace.close();
    await this.#cloud.close();
  }

  /** The volume's disk, which must be there. */
  async #require({ name, createdAt }: Volume<Options>): Promise<VolumeDisk> {
    const disk = await this.#directory.find(name);
    if (disk?.record.createdAt.getTime() === createdAt.getTime()) return disk;
    throw new StowageError('E_VOLUME_NOT_FOUND', `${this.#cloud.title} has no disk of it any more`, {
      remedy: 'See in the cloud what became of it; `docker volume rm` forgets the volume.',
    });
  }

  async #write(disk: VolumeDisk, change: Partial<DiskRecord>): Promise<void> {
    const record = { ...disk.record, ...change };
    await this.#cloud.write(disk, record);
    this.#directory.put({ ...disk, record });
  }

  async #enlarged(disk: VolumeDisk, size: number): Promise<VolumeDisk> {
    return await this.#waiter.until({
      id: disk.id,
      what: 'to its new size',
      limitMs: MODIFY_LIMIT_MS,
      judge: (now) =>
        now !== undefined && now.sizeBytes >= size ? { ...now, record: disk.record } : undefined,
    });
  }

  async #deviceOf(volume: Volume<Options>): Promise<string | undefined> {
    const disk = this.#directory.lastSeen(volume) ?? (await this.#directory.find(volume.name));
    return disk && (await this.#stage.deviceOf(disk, volume.options));
  }

  #detachLater(volume: Pick<Volume<Options>, 'name' | 'createdAt'>, options: Options): void {
    this.#grace.plan(volume.name, async () => await this.#detach(volume, options));
  }

  /** False when something on this machine still uses the disk, e.g. a container that outlived our mount. */
  async #detach(volume: Pick<Volume<Options>, 'name' | 'createdAt'>, options: Options): Promise<boolean> {
    // What the kernel says costs no call; it may have to be asked for as long as a container lives.
    const seen = this.#directory.lastSeen(volume);
    if (seen !== undefined && (await this.#stage.isInUse(seen, options))) return false;
    const disk = await this.#directory.find(volume.name);
    if (disk === undefined) return true;
    if (await this.#stage.isInUse(disk, options)) return false;
    await this.#attacher.detach(disk);
    return true;
  }

  /** Of two disks that two nodes made for one name, the one that is not the volume goes before anything is on it. */
  async #mustBeTheVolume(disk: VolumeDisk): Promise<void> {
    // It was made longer ago than the list: attaching takes seconds.
    const other = (await this.#directory.listOfLate()).get(disk.record.name);
    if (other === undefined || other.id === disk.id) return;
    try {
      await this.#attacher.detach(disk);
      await this.#cloud.delete(disk);
    } catch (thrown) {
      throw new StowageError(
        'E_CLOUD_FAILED',
        `disk ${disk.id} was made for a volume that disk ${other.id} is already`,
        {
          remedy: 'Delete it in the cloud; it is blank.',
          cause: toStowageError(thrown),
        },
      );
    }
    throw new StowageError('E_VOLUME_EXISTS', `another node made disk ${other.id} for it a moment earlier`, {
      remedy: 'Repeat: the volume is that disk now.',
    });
  }
}

function discovered({ record, attachments }: VolumeDisk, machine: string): DiscoveredVolume {
  const { name, given, createdAt, retained, lease } = record;
  const isHere = attachments.some((attachment) => attachment.machine === machine);
  const taker = isHere || lease === machine ? undefined : lease;
  return { name, given, createdAt, retained, ...(taker !== undefined && { heldBy: taker }) };
}

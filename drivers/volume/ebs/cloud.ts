import { createHash } from 'node:crypto';
import type { Volume } from '@aws-sdk/client-ec2';
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
import { Ec2, type VolumeChange } from './client.ts';
import { isNameInUse } from './errors.ts';
import { DeviceNames } from './device-names.ts';
import { diskOf, snapshotOf, textsOf } from './answers.ts';
import { readIdentity, type InstanceIdentity } from './metadata.ts';
import type { EbsOptions } from './options.ts';
import { isTooLong, TAG, tagsOf, type Tags } from './record-tags.ts';
import { ebsCredentials, ebsProxies, ebsSetting } from './settings.ts';
import { gibibytes, isSharable, volumeTypeOf } from './volume-types.ts';

/** EC2 remembers a client token for hours; nodes that create a name within this time agree on one. */
const TOKEN_BUCKET_MS = 60_000;
/** Names that somebody else took, before giving up. */
const NAME_ATTEMPTS = 5;
const VOLUME_ID = /^vol-[0-9a-f]+$/;
const SNAPSHOT_ID = /^snap-[0-9a-f]+$/;

/** EC2 as the skeleton of all cloud disks wants it. Volumes are what carries the tags of this cluster. */
export class EbsCloud implements BlockCloud<EbsOptions> {
  readonly title = 'EBS';
  /** A filter takes 200 values; unlike a list of IDs it does not fail for one that is gone. */
  readonly largestDescribe = 200;
  readonly #context: DriverContext;
  readonly #cluster: string;
  readonly #ec2: Ec2;
  #identity: Promise<InstanceIdentity> | undefined;
  #names: DeviceNames | undefined;
  /** Tags as they were last seen or written, by volume. */
  readonly #tags = new Map<string, Tags>();

  constructor(context: DriverContext) {
    this.#context = context;
    this.#cluster = context.settings.cluster;
    this.#ec2 = new Ec2(async () => {
      const { settings } = context;
      const region = (await ebsSetting(settings, 'AWS_REGION')) ?? (await this.#self()).region;
      const endpoint = await ebsSetting(settings, 'AWS_ENDPOINT_URL_EC2');
      const own = await ebsCredentials(settings);
      return {
        region,
        proxies: await ebsProxies(settings),
        ...(endpoint !== undefined && { endpoint }),
        // Asked again each time, since a file may have changed.
        ...(own !== undefined && { credentials: async () => (await ebsCredentials(settings)) ?? own }),
      };
    });
  }

  async machine(): Promise<Machine> {
    const { instanceId, availabilityZone } = await this.#self();
    return { id: instanceId, zone: availabilityZone };
  }

  async list(): Promise<CloudDisk[]> {
    const volumes = await this.#ec2.describeVolumes({ [`tag:${TAG.cluster}`]: [this.#cluster] });
    return volumes.map((volume) => this.#disk(volume));
  }

  async describe(ids: readonly string[]): Promise<CloudDisk[]> {
    const volumes = await this.#ec2.describeVolumes({ 'volume-id': ids });
    return volumes.map((volume) => this.#disk(volume));
  }

  async create({ record, options, zone, snapshot, attempt }: NewDisk<EbsOptions>): Promise<CloudDisk> {
    if (isTooLong(record.given))
      throw new StowageError(
        'E_INVALID_OPTION',
        'the options are longer than the tags of an EBS volume can carry',
      );
    const { size, iops, throughput, tags } = options;
    const volumeType = volumeTypeOf(options);
    const isEncrypted = options.encrypted ?? (options.kmsKeyId === undefined ? undefined : true);
    const kmsKeyId =
      options.kmsKeyId ??
      (isEncrypted === true ? await ebsSetting(this.#context.settings, 'STOWAGE_EBS_KMS_KEY_ID') : undefined);
    const volume = await this.#ec2.createVolume({
      zone,
      volumeType,
      clientToken: this.#token(record, attempt),
      tags: {
        ...Object.fromEntries(tags.map(({ key, value }) => [key, value])),
        ...tagsOf(record, this.#cluster),
      },
      ...(size !== undefined && { gibibytes: gibibytes(size) }),
      ...(snapshot !== undefined && { snapshotId: snapshot }),
      ...(iops !== undefined && { iops }),
      ...(throughput !== undefined && { throughput }),
      ...(isEncrypted !== undefined && { encrypted: isEncrypted }),
      ...(kmsKeyId !== undefined && { kmsKeyId }),
      ...(options.readOnly && isSharable(volumeType) && { multiAttach: true }),
    });
    const disk = this.#disk(volume);
    if (disk.record?.createdAt.getTime() === record.createdAt.getTime()) return disk;
    throw new StowageError('E_VOLUME_EXISTS', `EC2 has made volume ${disk.id} of this name already`);
  }

  async delete(disk: CloudDisk): Promise<void> {
    await this.#ec2.deleteVolume(disk.id);
    this.#tags.delete(disk.id);
  }

  async attach(disk: CloudDisk, machine: Machine): Promise<void> {
    const names = await this.#deviceNames();
    for (let attempt = 1; ; attempt += 1) {
      const name = await names.take(disk.id);
      try {
        return await this.#ec2.attachVolume(disk.id, machine.id, name);
      } catch (thrown) {
        // A name that was taken behind our back, or a limit: what is known is out of date.
        await names.refresh();
        if (!isNameInUse(thrown) || attempt === NAME_ATTEMPTS) throw thrown;
      }
    }
  }

  async detach(disk: CloudDisk, machine: string, force: boolean): Promise<void> {
    await this.#ec2.detachVolume(disk.id, machine, force);
    this.#names?.giveBack(disk.id);
  }

  async modify(disk: CloudDisk, options: EbsOptions): Promise<void> {
    const { size, iops, throughput } = options;
    const volumeType = options.volumeType === undefined ? undefined : volumeTypeOf(options);
    const differs = (fact: string, wanted: number | string | undefined): boolean =>
      wanted !== undefined && disk.facts[fact] !== String(wanted);
    const change: VolumeChange = {
      ...(size !== undefined && size > disk.sizeBytes && { gibibytes: gibibytes(size) }),
      ...(volumeType !== undefined && differs('volumeType', volumeType) && { volumeType }),
      ...(iops !== undefined && differs('iops', iops) && { iops }),
      ...(throughput !== undefined && differs('throughput', throughput) && { throughput }),
    };
    if (Object.keys(change).length > 0) await this.#ec2.modifyVolume(disk.id, change);
  }

  async write(disk: CloudDisk, record: DiskRecord): Promise<void> {
    const present = this.#tags.get(disk.id) ?? {};
    const wanted = tagsOf(record, this.#cluster, present);
    const changed = Object.fromEntries(
      Object.entries(wanted).filter(([key, value]) => present[key] !== value),
    );
    if (Object.keys(changed).length === 0) return;
    await this.#ec2.createTags(disk.id, changed);
    this.#tags.set(disk.id, { ...present, ...changed });
  }

  async forget(disk: CloudDisk): Promise<void> {
    const own = Object.keys(this.#tags.get(disk.id) ?? {}).filter((key) => key.startsWith('stowage:'));
    await this.#ec2.deleteTags(disk.id, [...new Set([...own, ...Object.values(TAG)])]);
    this.#tags.delete(disk.id);
  }

  async snapshot(disk: CloudDisk, purpose: SnapshotPurpose): Promise<CloudSnapshot> {
    const name = disk.record?.name ?? disk.id;
    const tags = {
      Name: name,
      [TAG.cluster]: this.#cluster,
      [TAG.purpose]: purpose,
      [TAG.volume]: name,
      [TAG.machine]: (await this.#self()).instanceId,
    };
    const words = purpose === 'clone' ? `to clone volume ${name}` : `last state of volume ${name}`;
    return snapshotOf(await this.#ec2.createSnapshot(disk.id, `Stowage: ${words}`, tags));
  }

  async findSnapshot(idOrName: string): Promise<CloudSnapshot | undefined> {
    if (SNAPSHOT_ID.test(idOrName))
      return (await this.#ec2.describeSnapshots({ 'snapshot-id': [idOrName] })).map(snapshotOf)[0];
    const found = await this.#ec2.describeSnapshots({ 'tag:Name': [idOrName] });
    const kept = found.filter(({ Tags: tags }) => textsOf(tags)[TAG.purpose] !== 'clone');
    return kept.map(snapshotOf).toSorted((one, other) => other.madeAt.getTime() - one.madeAt.getTime())[0];
  }

  async snapshots(purpose: SnapshotPurpose): Promise<CloudSnapshot[]> {
    const filters = { [`tag:${TAG.cluster}`]: [this.#cluster], [`tag:${TAG.purpose}`]: [purpose] };
    return (await this.#ec2.describeSnapshots(filters)).map(snapshotOf);
  }

  async deleteSnapshot(id: string): Promise<void> {
    await this.#ec2.deleteSnapshot(id);
  }

  async machineState(machine: string): Promise<MachineState> {
    const instance = await this.#ec2.describeInstance(machine);
    switch (instance?.State?.Name) {
      // EC2 describes a terminated instance for an hour.
      case undefined:
      case 'terminated':
        return 'gone';
      case 'stopped':
        return 'stopped';
      case 'running':
        return 'running';
      default:
        return 'unknown';
    }
  }

  async findForeign(idOrName: string): Promise<CloudDisk | undefined> {
    const filter = VOLUME_ID.test(idOrName) ? { 'volume-id': [idOrName] } : { 'tag:Name': [idOrName] };
    const found = await this.#ec2.describeVolumes(filter);
    const [disk, other] = found
      .map((volume) => this.#disk(volume))
      .filter(({ state }) => state !== 'deleting');
    if (other === undefined) return disk;
    throw new StowageError(
      'E_INVALID_OPTION',
      `volumeId=${idOrName}: there are several volumes of this name`,
      {
        remedy: `Name one by its ID, e.g. ${String(disk?.id)}.`,
      },
    );
  }

  async close(): Promise<void> {
    await this.#ec2.close();
  }

  async #self(): Promise<InstanceIdentity> {
    this.#identity ??= this.#readIdentity();
    return await this.#identity;
  }

  async #readIdentity(): Promise<InstanceIdentity> {
    try {
      return await readIdentity(
        await ebsSetting(this.#context.settings, 'AWS_EC2_METADATA_SERVICE_ENDPOINT'),
      );
    } catch (thrown) {
      // Asked once only when it answers.
      this.#identity = undefined;
      throw thrown;
    }
  }

  async #deviceNames(): Promise<DeviceNames> {
    const { instanceId: id, instanceType: type } = await this.#self();
    this.#names ??= new DeviceNames(this.#ec2, { id, type }, () => this.#context.clock.now());
    return this.#names;
  }

  /** Two nodes that create a name at the same time use the same token, and EC2 gives the volume to one of them. */
  #token({ name, createdAt }: DiskRecord, attempt: number): string {
    const bucket = Math.floor(createdAt.getTime() / TOKEN_BUCKET_MS);
    const words = [this.#cluster, name, String(bucket), String(attempt)];
    return createHash('sha256').update(words.join('\n')).digest('hex');
  }

  #disk(volume: Volume): CloudDisk {
    this.#tags.set(volume.VolumeId ?? '', textsOf(volume.Tags));
    return diskOf(volume, this.#cluster);
  }
}

import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import type { EC2Client, Filter, Instance, Snapshot, Tag, Volume } from '@aws-sdk/client-ec2';
import type * as Sdk from '@aws-sdk/client-ec2';
import { codeOf, translate } from './errors.ts';
import type { Tags } from './record-tags.ts';

/** EC2 pages at most this much for volumes and snapshots at once. */
const PAGE = 500;
/** Retries of one call, with the SDK's own back-off and its budget over all calls. */
const ATTEMPTS = 5;
const CONNECT_TIMEOUT_MS = 5_000;
const REQUEST_TIMEOUT_MS = 20_000;

/** How the API is reached. */
export interface Ec2Access {
  readonly region: string;
  readonly endpoint?: string;
  /** `HTTPS_PROXY`, `HTTP_PROXY`, `NO_PROXY`. */
  readonly proxies: Readonly<Record<string, string>>;
  /** Undefined: the SDK's own chain (environment, shared files, web identity, role of the instance). */
  readonly credentials?: () => Promise<{
    readonly accessKeyId: string;
    readonly secretAccessKey: string;
    readonly sessionToken?: string;
    readonly expiration?: Date;
  }>;
}

/** A volume to be made. */
export interface VolumeRequest {
  readonly zone: string;
  readonly clientToken: string;
  readonly tags: Tags;
  readonly gibibytes?: number;
  readonly snapshotId?: string;
  readonly volumeType?: Sdk.VolumeType;
  readonly iops?: number;
  readonly throughput?: number;
  readonly encrypted?: boolean;
  readonly kmsKeyId?: string;
  readonly multiAttach?: boolean;
}

/** What of a volume is to be changed. */
export interface VolumeChange {
  readonly gibibytes?: number;
  readonly volumeType?: Sdk.VolumeType;
  readonly iops?: number;
  readonly throughput?: number;
}

/** The few calls of EC2 that the backend makes. The SDK is loaded by the first of them. All throw StowageError. */
export class Ec2 {
  readonly #access: () => Promise<Ec2Access>;
  #opened: Promise<{ readonly sdk: typeof Sdk; readonly client: EC2Client }> | undefined;

  constructor(access: () => Promise<Ec2Access>) {
    this.#access = access;
  }

  /** Every volume that passes the filters. */
  async describeVolumes(filters: Readonly<Record<string, readonly string[]>>): Promise<Volume[]> {
    return await this.#call('DescribeVolumes', async (client, sdk) => {
      const volumes: Volume[] = [];
      for (let token: string | undefined; ;) {
        const input = {
          Filters: filtersOf(filters),
          MaxResults: PAGE,
          ...(token !== undefined && { NextToken: token }),
        };
        const page = await client.send(new sdk.DescribeVolumesCommand(input));
        volumes.push(...(page.Volumes ?? []));
        token = page.NextToken;
        if (token === undefined || token === '') return volumes;
      }
    });
  }

  async createVolume(request: VolumeRequest): Promise<Volume> {
    return await this.#call(
      'CreateVolume',
      async (client, sdk) =>
        await client.send(
          new sdk.CreateVolumeCommand({
            AvailabilityZone: request.zone,
            ClientToken: request.clientToken,
            Size: request.gibibytes,
            SnapshotId: request.snapshotId,
            VolumeType: request.volumeType,
            Iops: request.iops,
            Throughput: request.throughput,
            Encrypted: request.encrypted,
            KmsKeyId: request.kmsKeyId,
            MultiAttachEnabled: request.multiAttach,
            TagSpecifications: [{ ResourceType: 'volume', Tags: tagList(request.tags) }],
          }),
        ),
    );
  }

  /** Absent is success. */
  async deleteVolume(id: string): Promise<void> {
    await this.#call('DeleteVolume', async (client, sdk) => {
      await unless(['InvalidVolume.NotFound'], client.send(new sdk.DeleteVolumeCommand({ VolumeId: id })));
    });
  }

  async attachVolume(id: string, instance: string, device: string): Promise<void> {
    await this.#call('AttachVolume', async (client, sdk) => {
      await client.send(new sdk.AttachVolumeCommand({ VolumeId: id, InstanceId: instance, Device: device }));
    });
  }

  /** Not attached there is success. */
  async detachVolume(id: string, instance: string, force: boolean): Promise<void> {
    await this.#call('DetachVolume', async (client, sdk) => {
      const input = { VolumeId: id, InstanceId: instance, ...(force && { Force: true }) };
      await unless(
        [
          'IncorrectState',
          'InvalidAttachment.NotFound',
          'InvalidVolume.NotFound',
          'InvalidInstanceID.NotFound',
        ],
        client.send(new sdk.DetachVolumeCommand(input)),
      );
    });
  }

  async modifyVolume(id: string, change: VolumeChange): Promise<void> {
    await this.#call('ModifyVolume', async (client, sdk) => {
      await client.send(
        new sdk.ModifyVolumeCommand({
          VolumeId: id,
          Size: change.gibibytes,
          VolumeType: change.volumeType,
          Iops: change.iops,
          Throughput: change.throughput,
        }),
      );
    });
  }

  async createTags(id: string, tags: Tags): Promise<void> {
    await this.#call('CreateTags', async (client, sdk) => {
      await client.send(new sdk.CreateTagsCommand({ Resources: [id], Tags: tagList(tags) }));
    });
  }

  async deleteTags(id: string, keys: readonly string[]): Promise<void> {
    await this.#call('DeleteTags', async (client, sdk) => {
      await client.send(new sdk.DeleteTagsCommand({ Resources: [id], Tags: keys.map((Key) => ({ Key })) }));
    });
  }

  async createSnapshot(volumeId: string, description: string, tags: Tags): Promise<Snapshot> {
    return await this.#call(
      'CreateSnapshot',
      async (client, sdk) =>
        await client.send(
          new sdk.CreateSnapshotCommand({
            VolumeId: volumeId,
            Description: description,
            TagSpecifications: [{ ResourceType: 'snapshot', Tags: tagList(tags) }],
          }),
        ),
    );
  }

  /** Every snapshot of this account that passes the filters. */
  async describeSnapshots(filters: Readonly<Record<string, readonly string[]>>): Promise<Snapshot[]> {
    return await this.#call('DescribeSnapshots', async (client, sdk) => {
      const snapshots: Snapshot[] = [];
      for (let token: string | undefined; ;) {
        const input = {
          OwnerIds: ['self'],
          Filters: filtersOf(filters),
          MaxResults: PAGE,
          ...(token !== undefined && { NextToken: token }),
        };
        const page = await client.send(new sdk.DescribeSnapshotsCommand(input));
        snapshots.push(...(page.Snapshots ?? []));
        token = page.NextToken;
        if (token === undefined || token === '') return snapshots;
      }
    });
  }

  /** Absent is success. */
  async deleteSnapshot(id: string): Promise<void> {
    await this.#call('DeleteSnapshot', async (client, sdk) => {
      await unless(
        ['InvalidSnapshot.NotFound'],
        client.send(new sdk.DeleteSnapshotCommand({ SnapshotId: id })),
      );
    });
  }

  /** Undefined when EC2 knows no such instance. */
  async describeInstance(id: string): Promise<Instance | undefined> {
    return await this.#call('DescribeInstances', async (client, sdk) => {
      const filters = filtersOf({ 'instance-id': [id] });
      const page = await client.send(new sdk.DescribeInstancesCommand({ Filters: filters }));
      return page.Reservations?.flatMap(({ Instances = [] }) => Instances)[0];
    });
  }

  /** How many volumes an instance of this type takes, and whether network interfaces share the places. */
  async describeLimit(
    instanceType: string,
  ): Promise<{ readonly places: number; readonly isShared: boolean } | undefined> {
    return await this.#call('DescribeInstanceTypes', async (client, sdk) => {
      const Filters = filtersOf({ 'instance-type': [instanceType] });
      const { InstanceTypes: [found] = [] } = await client.send(
        new sdk.DescribeInstanceTypesCommand({ Filters }),
      );
      const info = found?.EbsInfo;
      if (info?.MaximumEbsAttachments === undefined) return undefined;
      return { places: info.MaximumEbsAttachments, isShared: info.AttachmentLimitType !== 'dedicated' };
    });
  }

  /** Twice is fine. */
  async close(): Promise<void> {
    const opened = this.#opened;
    this.#opened = undefined;
    (await opened?.catch(() => undefined))?.client.destroy();
  }

  async #call<Result>(
    action: string,
    call: (client: EC2Client, sdk: typeof Sdk) => Promise<Result>,
  ): Promise<Result> {
    try {
      this.#opened ??= this.#open();
      const { client, sdk } = await this.#opened;
      return await call(client, sdk);
    } catch (thrown) {
      throw translate(thrown, action);
    }
  }

  async #open(): Promise<{ sdk: typeof Sdk; client: EC2Client }> {
    try {
      const [{ proxies, ...access }, sdk] = await Promise.all([
        this.#access(),
        import('@aws-sdk/client-ec2'),
      ]);
      const client = new sdk.EC2Client({
        ...access,
        maxAttempts: ATTEMPTS,
        retryMode: 'adaptive',
        requestHandler: {
          connectionTimeout: CONNECT_TIMEOUT_MS,
          requestTimeout: REQUEST_TIMEOUT_MS,
          httpAgent: new HttpAgent({ keepAlive: true, proxyEnv: proxies }),
          httpsAgent: new HttpsAgent({ keepAlive: true, proxyEnv: proxies }),
        },
      });
      return { sdk, client };
    } catch (thrown) {
      // A setting may be mended, and a metadata service may answer the next time.
      this.#opened = undefined;
      throw thrown;
    }
  }
}

async function unless(codes: readonly string[], call: Promise<unknown>): Promise<void> {
  try {
    await call;
  } catch (thrown) {
    if (!codes.includes(codeOf(thrown) ?? '')) throw thrown;
  }
}

function filtersOf(filters: Readonly<Record<string, readonly string[]>>): Filter[] {
  return Object.entries(filters).map(([Name, values]) => ({ Name, Values: values.map(literally) }));
}

/** `*` and `?` are wildcards in a filter's value. */
function literally(value: string): string {
  return value.replace(/[\\*?]/g, '\\$&');
}

function tagList(tags: Tags): Tag[] {
  return Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
}

import {
  AttachVolumeCommand,
  CreateSnapshotCommand,
  CreateTagsCommand,
  CreateVolumeCommand,
  type CreateVolumeCommandInput,
  DeleteVolumeCommand,
  DescribeInstancesCommand,
  DescribeSnapshotsCommand,
  DescribeVolumesCommand,
  type DescribeVolumesCommandInput,
  DetachVolumeCommand,
  type EC2Client,
  ModifyVolumeCommand,
} from '@aws-sdk/client-ec2';
import { codeOf, untilVolume } from './use-ec2.ts';

/** What a probe works with: any EC2 that the SDK can talk to. */
export interface ProbedCloud {
  readonly client: EC2Client;
  readonly zones: readonly [string, string];
  addInstance(zone: string): Promise<string> | string;
}

/** One look at how a cloud behaves: what AWS answers, and where moto is known to answer something else. */
export interface Probe {
  readonly look: (cloud: ProbedCloud) => Promise<string>;
  readonly aws: string;
  readonly moto?: string;
}

const ABSENT = 'vol-0123456789abcdef0';

async function create({ client, zones }: ProbedCloud, input: Partial<CreateVolumeCommandInput> = {}) {
  return await client.send(new CreateVolumeCommand({ AvailabilityZone: zones[0], Size: 2, ...input }));
}

async function available(cloud: ProbedCloud, input: Partial<CreateVolumeCommandInput> = {}): Promise<string> {
  const { VolumeId } = await create(cloud, input);
  await untilVolume(cloud.client, VolumeId, 'available');
  return String(VolumeId);
}

async function attached(cloud: ProbedCloud, volume: string, device = '/dev/sdf'): Promise<string> {
  const instance = await cloud.addInstance(cloud.zones[0]);
  await attach(cloud, volume, instance, device);
  return instance;
}

async function attach({ client }: ProbedCloud, VolumeId: string, InstanceId: string, Device = '/dev/sdf') {
  return await client.send(new AttachVolumeCommand({ VolumeId, InstanceId, Device }));
}

async function count({ client }: ProbedCloud, input: DescribeVolumesCommandInput): Promise<string> {
  return String((await client.send(new DescribeVolumesCommand(input))).Volumes?.length);
}

const tag = (Key: string, Value: string): Partial<CreateVolumeCommandInput> => ({
  TagSpecifications: [{ ResourceType: 'volume', Tags: [{ Key, Value }] }],
});

/** What is asked of every cloud, by what is looked at. */
export const PROBES: Readonly<Record<string, Probe>> = {
  'state in the answer to CreateVolume': {
    look: async (cloud) => String((await create(cloud)).State),
    aws: 'creating',
  },
  'one volume for one client token': {
    look: async (cloud) => {
      const ids = [1, 2].map(async () => (await create(cloud, { ClientToken: 'same' })).VolumeId);
      return String(new Set(await Promise.all(ids)).size);
    },
    aws: '1',
    moto: '2',
  },
  'other parameters for the same client token': {
    look: async (cloud) => {
      await create(cloud, { ClientToken: 'other' });
      return await codeOf(create(cloud, { ClientToken: 'other', Size: 3 }));
    },
    aws: 'IdempotentParameterMismatch',
    moto: 'ok',
  },
  'a dry run': {
    look: async (cloud) => await codeOf(create(cloud, { DryRun: true })),
    aws: 'DryRunOperation',
  },
  'an unknown zone': {
    look: async (cloud) => await codeOf(create(cloud, { AvailabilityZone: `${cloud.zones[0]}z` })),
    aws: 'InvalidZone.NotFound',
    moto: 'ok',
  },
  'a volume of 0 GiB': {
    look: async (cloud) => await codeOf(create(cloud, { Size: 0 })),
    aws: 'InvalidParameterValue',
    moto: 'ok',
  },
  'filter by a tag': {
    look: async (cloud) => {
      await create(cloud, tag('probe', 'tag'));
      return await count(cloud, { Filters: [{ Name: 'tag:probe', Values: ['tag'] }] });
    },
    aws: '1',
  },
  'filter by the key of a tag': {
    look: async (cloud) => {
      await create(cloud, tag('probe-key', ''));
      return await count(cloud, { Filters: [{ Name: 'tag-key', Values: ['probe-key'] }] });
    },
    aws: '1',
  },
  'filter with a wildcard': {
    look: async (cloud) => {
      await create(cloud, tag('wild', 'abc'));
      return await count(cloud, { Filters: [{ Name: 'tag:wild', Values: ['a*'] }] });
    },
    aws: '1',
  },
  'filter by the instance': {
    look: async (cloud) => {
      const volume = await available(cloud);
      const instance = await attached(cloud, volume);
      const Filters = [
        { Name: 'attachment.instance-id', Values: [instance] },
        { Name: 'size', Values: ['2'] },
      ];
      return await count(cloud, { Filters });
    },
    aws: '1',
  },
  'a page of five': {
    look: async (cloud) => {
      for (let made = 0; made < 6; made += 1) await create(cloud, tag('paged', ''));
      return await count(cloud, { MaxResults: 5, Filters: [{ Name: 'tag-key', Values: ['paged'] }] });
    },
    aws: '5',
    moto: '6',
  },
  'a volume that is not there': {
    look: async (cloud) => await codeOf(count(cloud, { VolumeIds: [ABSENT] })),
    aws: 'InvalidVolume.NotFound',
  },
  'an ID of no volume': {
    look: async (cloud) => await codeOf(count(cloud, { VolumeIds: ['mine'] })),
    aws: 'InvalidParameterValue',
    moto: 'InvalidVolume.NotFound',
  },
  'state in the answer to AttachVolume': {
    look: async (cloud) => {
      const instance = await cloud.addInstance(cloud.zones[0]);
      return String((await attach(cloud, await available(cloud), instance)).State);
    },
    aws: 'attaching',
  },
  'state of a volume that is attached': {
    look: async (cloud) => {
      const volume = await available(cloud);
      await attached(cloud, volume);
      const { Attachments } = await untilVolume(cloud.client, volume, 'in-use', 'attached');
      return String(Attachments?.length);
    },
    aws: '1',
  },
  'the volume among the disks of its instance': {
    look: async (cloud) => {
      const volume = await available(cloud);
      const command = new DescribeInstancesCommand({ InstanceIds: [await attached(cloud, volume)] });
      const { Reservations } = await cloud.client.send(command);
      const disks = Reservations?.[0]?.Instances?.[0]?.BlockDeviceMappings ?? [];
      return String(disks.some(({ Ebs }) => Ebs?.VolumeId === volume));
    },
    aws: 'true',
  },
  'attached to an instance that is not there': {
    look: async (cloud) => await codeOf(attach(cloud, await available(cloud), 'i-0123456789abcdef0')),
    aws: 'InvalidInstanceID.NotFound',
  },
  'attached while it is elsewhere': {
    look: async (cloud) => {
      const volume = await available(cloud);
      await attached(cloud, volume);
      return await codeOf(attached(cloud, volume));
    },
    aws: 'VolumeInUse',
    moto: 'ok',
  },
  'a device name that is taken': {
    look: async (cloud) => {
      const instance = await attached(cloud, await available(cloud));
      return await codeOf(attach(cloud, await available(cloud), instance));
    },
    aws: 'InvalidParameterValue',
    moto: 'ok',
  },
  'attached in another zone': {
    look: async (cloud) => {
      const instance = await cloud.addInstance(cloud.zones[1]);
      return await codeOf(attach(cloud, await available(cloud), instance));
    },
    aws: 'InvalidVolume.ZoneMismatch',
    moto: 'ok',
  },
  'deleted while attached': {
    look: async (cloud) => {
      const VolumeId = await available(cloud);
      await attached(cloud, VolumeId);
      return await codeOf(cloud.client.send(new DeleteVolumeCommand({ VolumeId })));
    },
    aws: 'VolumeInUse',
  },
  'detached though it is not attached': {
    look: async (cloud) => {
      const VolumeId = await available(cloud);
      const InstanceId = await cloud.addInstance(cloud.zones[0]);
      return await codeOf(cloud.client.send(new DetachVolumeCommand({ VolumeId, InstanceId })));
    },
    aws: 'IncorrectState',
    moto: 'InvalidAttachment.NotFound',
  },
  grown: {
    look: async (cloud) => {
      const VolumeId = await available(cloud);
      const { VolumeModification } = await cloud.client.send(new ModifyVolumeCommand({ VolumeId, Size: 3 }));
      return `${String(VolumeModification?.ModificationState)} ${String(VolumeModification?.TargetSize)}`;
    },
    aws: 'modifying 3',
  },
  shrunk: {
    look: async (cloud) => {
      const VolumeId = await available(cloud);
      return await codeOf(cloud.client.send(new ModifyVolumeCommand({ VolumeId, Size: 1 })));
    },
    aws: 'InvalidParameterValue',
    moto: 'ok',
  },
  'a snapshot and what is made from it': {
    look: async (cloud) => {
      const VolumeId = await available(cloud);
      const { SnapshotId, State } = await cloud.client.send(new CreateSnapshotCommand({ VolumeId }));
      for (;;) {
        const command = new DescribeSnapshotsCommand({ SnapshotIds: [String(SnapshotId)] });
        if ((await cloud.client.send(command)).Snapshots?.[0]?.State === 'completed') break;
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      const command = new CreateVolumeCommand({ AvailabilityZone: cloud.zones[0], SnapshotId });
      return `${String(State)} ${String((await cloud.client.send(command)).Size)}`;
    },
    aws: 'pending 2',
  },
  'tags for what is not there': {
    look: async ({ client }) => {
      const Tags = [{ Key: 'a', Value: 'b' }];
      return await codeOf(client.send(new CreateTagsCommand({ Resources: [ABSENT], Tags })));
    },
    aws: 'InvalidVolume.NotFound',
  },
};

import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  CreateVolumeCommand,
  DescribeAvailabilityZonesCommand,
  DescribeInstancesCommand,
  DescribeInstanceTypesCommand,
  DescribeVolumesCommand,
  type EC2Client,
  type Filter,
  paginateDescribeVolumes,
} from '@aws-sdk/client-ec2';
import { codeOf, type Ec2InUse, useEc2 } from './use-ec2.ts';

async function make(
  client: EC2Client,
  tags: Record<string, string>,
  type: 'gp2' | 'gp3' = 'gp3',
): Promise<string> {
  const Tags = Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
  const input = { AvailabilityZone: 'eu-central-1a', Size: 1, VolumeType: type };
  const specifications =
    Tags.length === 0 ? {} : { TagSpecifications: [{ ResourceType: 'volume' as const, Tags }] };
  return String((await client.send(new CreateVolumeCommand({ ...input, ...specifications }))).VolumeId);
}

async function find({ client }: Ec2InUse, ...Filters: Filter[]): Promise<(string | undefined)[]> {
  const { Volumes = [] } = await client.send(new DescribeVolumesCommand({ Filters }));
  return Volumes.map(({ VolumeId }) => VolumeId);
}

test('filters of DescribeVolumes: any value of one, all of several, wildcards', async (context) => {
  const ec2 = await useEc2(context);
  const first = await make(ec2.client, { name: 'db', team: 'a' });
  const second = await make(ec2.client, { name: 'data*', Name: 'db' }, 'gp2');
  const third = await make(ec2.client, {});
  assert.deepEqual(await find(ec2, { Name: 'tag:name', Values: ['db', 'none'] }), [first]);
  assert.deepEqual(await find(ec2, { Name: 'tag:name', Values: ['d*'] }), [first, second]);
  assert.deepEqual(await find(ec2, { Name: 'tag:name', Values: ['data\\*'] }), [second]);
  assert.deepEqual(await find(ec2, { Name: 'tag:name', Values: ['d?'] }), [first]);
  assert.deepEqual(await find(ec2, { Name: 'tag-key', Values: ['name'] }), [first, second]);
  assert.deepEqual(await find(ec2, { Name: 'volume-id', Values: [third] }), [third]);
  assert.deepEqual(
    await find(ec2, { Name: 'tag-key', Values: ['name'] }, { Name: 'volume-type', Values: ['gp2'] }),
    [second],
  );
  assert.deepEqual(await find(ec2, { Name: 'status', Values: ['deleting'] }), []);
  assert.equal(await codeOf(find(ec2, { Name: 'colour', Values: ['red'] })), 'InvalidParameterValue');
  const many = Array.from({ length: 201 }, (_, index) => String(index));
  assert.equal(await codeOf(find(ec2, { Name: 'size', Values: many })), 'FilterLimitExceeded');
});

test('one missing ID fails the whole call', async (context) => {
  const { client } = await useEc2(context);
  const there = await make(client, {});
  const ask = async (...VolumeIds: string[]): Promise<string> =>
    await codeOf(client.send(new DescribeVolumesCommand({ VolumeIds })));
  assert.equal(await ask(there), 'ok');
  assert.equal(await ask(there, 'vol-0123456789abcdef0'), 'InvalidVolume.NotFound');
  assert.equal(await ask('volume'), 'InvalidParameterValue');
});

test('pages have 5 to 1,000 volumes, and follow each other without gaps', async (context) => {
  const { client } = await useEc2(context, { shortPages: true });
  const made = new Set<string>();
  for (let count = 0; count < 12; count += 1) made.add(await make(client, {}));
  const seen: (string | undefined)[] = [];
  for await (const { Volumes = [] } of paginateDescribeVolumes({ client, pageSize: 5 }, {})) {
    assert.ok(Volumes.length <= 5);
    seen.push(...Volumes.map(({ VolumeId }) => VolumeId));
  }
  assert.deepEqual(seen, [...made]);
  const ask = async (input: object): Promise<string> =>
    await codeOf(client.send(new DescribeVolumesCommand(input)));
  assert.equal(await ask({ MaxResults: 4 }), 'InvalidParameterValue');
  assert.equal(await ask({ MaxResults: 5_000 }), 'ok');
  assert.equal(await ask({ MaxResults: 5, VolumeIds: [...made] }), 'InvalidParameterCombination');
  assert.equal(await ask({ NextToken: 'made up' }), 'InvalidParameterValue');
});

test('instances, their types and zones are described', async (context) => {
  const { client, control } = await useEc2(context);
  const id = control.addInstance({ type: 'm7i.large', zone: 'eu-central-1b', tags: { name: 'node' } });
  const { Reservations: [reservation] = [] } = await client.send(
    new DescribeInstancesCommand({ InstanceIds: [id] }),
  );
  const [instance] = reservation?.Instances ?? [];
  assert.equal(instance?.State?.Name, 'running');
  assert.equal(instance?.Placement?.AvailabilityZone, 'eu-central-1b');
  assert.equal(instance?.BlockDeviceMappings?.[0]?.DeviceName, '/dev/xvda');
  assert.deepEqual(instance?.Tags, [{ Key: 'name', Value: 'node' }]);
  const types = await client.send(new DescribeInstanceTypesCommand({ InstanceTypes: ['m7i.large'] }));
  const ebs = types.InstanceTypes?.[0]?.EbsInfo;
  assert.equal(ebs?.NvmeSupport, 'required');
  assert.equal(ebs?.MaximumEbsAttachments, 32);
  assert.equal(ebs?.AttachmentLimitType, 'dedicated');
  const zones = await client.send(new DescribeAvailabilityZonesCommand({}));
  assert.deepEqual(
    zones.AvailabilityZones?.map(({ ZoneName, ZoneId }) => [ZoneName, ZoneId]),
    [
      ['eu-central-1a', 'euc1-az1'],
      ['eu-central-1b', 'euc1-az2'],
    ],
  );
  const ask = async (InstanceIds: string[]): Promise<string> =>
    await codeOf(client.send(new DescribeInstancesCommand({ InstanceIds })));
  assert.equal(await ask(['i-0123456789abcdef0']), 'InvalidInstanceID.NotFound');
  assert.equal(await ask(['node']), 'InvalidInstanceID.Malformed');
  const unknown = new DescribeInstanceTypesCommand({ InstanceTypes: ['x9.huge' as 'm7i.large'] });
  assert.equal(await codeOf(client.send(unknown)), 'InvalidInstanceType');
});

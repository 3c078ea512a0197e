import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  CreateVolumeCommand,
  type CreateVolumeCommandInput,
  DeleteVolumeCommand,
  DescribeVolumesCommand,
} from '@aws-sdk/client-ec2';
import { eventually } from '../../support/eventually.ts';
import { codeOf, describeVolume, untilVolume, useEc2 } from './use-ec2.ts';

const ZONE = 'eu-central-1a';

/** What AWS says to a request (API reference of CreateVolume; its error codes). */
const CASES: readonly [string, Partial<CreateVolumeCommandInput>, string][] = [
  ['gp2 of 1 GiB', { VolumeType: 'gp2', Size: 1 }, 'ok'],
  ['gp2 of 16,385 GiB', { VolumeType: 'gp2', Size: 16_385 }, 'InvalidParameterValue'],
  ['gp3 of 65,536 GiB', { VolumeType: 'gp3', Size: 65_536 }, 'ok'],
  ['gp3 of 0 GiB', { VolumeType: 'gp3', Size: 0 }, 'InvalidParameterValue'],
  ['io1 of 3 GiB', { VolumeType: 'io1', Size: 3, Iops: 100 }, 'InvalidParameterValue'],
  ['io1 of 51 IOPS for each GiB', { VolumeType: 'io1', Size: 4, Iops: 204 }, 'InvalidParameterValue'],
  ['io1 of 50 IOPS for each GiB', { VolumeType: 'io1', Size: 4, Iops: 200 }, 'ok'],
  ['io2 without IOPS', { VolumeType: 'io2', Size: 10 }, 'MissingParameter'],
  ['io2 of 256,001 IOPS', { VolumeType: 'io2', Size: 1_000, Iops: 256_001 }, 'InvalidParameterValue'],
  ['st1 of 124 GiB', { VolumeType: 'st1', Size: 124 }, 'InvalidParameterValue'],
  ['sc1 of 125 GiB', { VolumeType: 'sc1', Size: 125 }, 'ok'],
  ['standard of 1,025 GiB', { VolumeType: 'standard', Size: 1_025 }, 'InvalidParameterValue'],
  ['gp2 with IOPS', { VolumeType: 'gp2', Size: 10, Iops: 3_000 }, 'InvalidParameterCombination'],
  ['st1 with throughput', { VolumeType: 'st1', Size: 125, Throughput: 125 }, 'InvalidParameterCombination'],
  ['gp3 of 2,999 IOPS', { VolumeType: 'gp3', Size: 10, Iops: 2_999 }, 'InvalidParameterValue'],
  ['gp3 of 501 IOPS for each GiB', { VolumeType: 'gp3', Size: 10, Iops: 5_010 }, 'InvalidParameterValue'],
  ['gp3 of 3,000 IOPS in 1 GiB', { VolumeType: 'gp3', Size: 1, Iops: 3_000 }, 'ok'],
  ['gp3 of too much throughput', { VolumeType: 'gp3', Size: 10, Throughput: 1_000 }, 'InvalidParameterValue'],
  ['gp3 of 1,000 MiB/s', { VolumeType: 'gp3', Size: 10, Throughput: 1_000, Iops: 4_000 }, 'ok'],
  ['an unknown type', { VolumeType: 'gp9' as 'gp2', Size: 10 }, 'UnknownVolumeType'],
  ['no size', {}, 'MissingParameter'],
  ['an unknown zone', { Size: 1, AvailabilityZone: 'eu-central-1z' }, 'InvalidZone.NotFound'],
  [
    'multi-attach of gp3',
    { VolumeType: 'gp3', Size: 10, MultiAttachEnabled: true },
    'InvalidParameterCombination',
  ],
  ['multi-attach of io2', { VolumeType: 'io2', Size: 10, Iops: 100, MultiAttachEnabled: true }, 'ok'],
  ['a key without encryption', { Size: 1, KmsKeyId: 'alias/mine' }, 'InvalidParameterDependency'],
  ['no such snapshot', { SnapshotId: 'snap-0123456789abcdef0' }, 'InvalidSnapshot.NotFound'],
  ['no snapshot at all', { SnapshotId: 'mine' }, 'InvalidParameterValue'],
  ['what would work, as a dry run', { Size: 1, DryRun: true }, 'DryRunOperation'],
  ['what would not work, as a dry run', { Size: 0, DryRun: true }, 'InvalidParameterValue'],
  [
    'tags for another kind of thing',
    { Size: 1, TagSpecifications: [{ ResourceType: 'snapshot', Tags: [{ Key: 'a', Value: 'b' }] }] },
    'InvalidParameterValue',
  ],
  [
    'a reserved tag',
    { Size: 1, TagSpecifications: [{ ResourceType: 'volume', Tags: [{ Key: 'aws:a', Value: 'b' }] }] },
    'InvalidParameterValue',
  ],
];

test('CreateVolume takes and refuses what AWS does', async (context) => {
  const { client, control } = await useEc2(context);
  for (const [name, input, expected] of CASES) {
    const code = await codeOf(client.send(new CreateVolumeCommand({ AvailabilityZone: ZONE, ...input })));
    assert.equal(code, expected, name);
  }
  assert.equal(control.volumes().length, CASES.filter(([, , code]) => code === 'ok').length);
});

test('a volume is creating for a while, then available, with what AWS fills in', async (context) => {
  const { client } = await useEc2(context);
  const made = await client.send(new CreateVolumeCommand({ AvailabilityZone: ZONE, Size: 10 }));
  assert.match(made.VolumeId ?? '', /^vol-0[0-9a-f]{16}$/);
  assert.equal(made.State, 'creating');
  assert.equal(made.VolumeType, 'gp2');
  assert.equal(made.Iops, 100);
  const volume = await untilVolume(client, made.VolumeId, 'available');
  assert.equal(volume.Encrypted, false);
  assert.deepEqual(volume.Attachments, []);
});

test('a client token gives the same volume again, and refuses other parameters', async (context) => {
  const { client, control } = await useEc2(context);
  const input = { AvailabilityZone: ZONE, Size: 1, ClientToken: 'token' };
  const first = await client.send(new CreateVolumeCommand(input));
  const second = await client.send(new CreateVolumeCommand(input));
  assert.equal(second.VolumeId, first.VolumeId);
  const other = codeOf(client.send(new CreateVolumeCommand({ ...input, Size: 2 })));
  assert.equal(await other, 'IdempotentParameterMismatch');
  assert.equal(control.volumes().length, 1);
  // The token outlives its volume.
  await untilVolume(client, first.VolumeId, 'available');
  await client.send(new DeleteVolumeCommand({ VolumeId: first.VolumeId }));
  const third = await client.send(new CreateVolumeCommand(input));
  assert.equal(third.VolumeId, first.VolumeId);
});

test('a wrong key is noticed late: the volume vanishes', async (context) => {
  const { client, control } = await useEc2(context, { kmsKeys: ['alias/mine'] });
  const input = { AvailabilityZone: ZONE, Size: 1, Encrypted: true };
  const good = await client.send(new CreateVolumeCommand({ ...input, KmsKeyId: 'alias/mine' }));
  const bad = await client.send(new CreateVolumeCommand({ ...input, KmsKeyId: 'alias/typo' }));
  const { KmsKeyId: key } = await untilVolume(client, good.VolumeId, 'available');
  assert.equal(key, 'arn:aws:kms:eu-central-1:123456789012:alias/mine');
  await eventually(() => assert.deepEqual(control.stored(), [good.VolumeId]));
  assert.equal(await codeOf(describeVolume(client, bad.VolumeId)), 'InvalidVolume.NotFound');
});

test('a deleted volume is deleting for a while, then gone', async (context) => {
  const { client, control } = await useEc2(context);
  const { VolumeId } = await client.send(new CreateVolumeCommand({ AvailabilityZone: ZONE, Size: 1 }));
  const early = codeOf(client.send(new DeleteVolumeCommand({ VolumeId })));
  assert.equal(await early, 'IncorrectState');
  await untilVolume(client, VolumeId, 'available');
  await client.send(new DeleteVolumeCommand({ VolumeId }));
  assert.equal((await describeVolume(client, VolumeId)).State, 'deleting');
  await eventually(() => assert.deepEqual(control.stored(), []));
  assert.equal(await codeOf(client.send(new DeleteVolumeCommand({ VolumeId }))), 'InvalidVolume.NotFound');
});

test('what has been made is not seen at once where the cloud is eventually consistent', async (context) => {
  const { client, latency } = await useEc2(context, { eventual: true });
  latency.fix('visible', 150);
  const { VolumeId } = await client.send(new CreateVolumeCommand({ AvailabilityZone: ZONE, Size: 1 }));
  assert.equal(await codeOf(describeVolume(client, VolumeId)), 'InvalidVolume.NotFound');
  const { Volumes } = await client.send(new DescribeVolumesCommand({}));
  assert.deepEqual(Volumes, []);
  await untilVolume(client, VolumeId, 'available').catch(() => undefined);
  await eventually(async () => await describeVolume(client, VolumeId));
});

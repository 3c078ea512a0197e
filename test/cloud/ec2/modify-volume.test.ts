import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  CreateVolumeCommand,
  DescribeVolumesModificationsCommand,
  ModifyVolumeCommand,
  type ModifyVolumeCommandInput,
  type VolumeModification,
} from '@aws-sdk/client-ec2';
import { eventually } from '../../support/eventually.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { codeOf, describeVolume, type Ec2InUse, untilVolume, useEc2 } from './use-ec2.ts';

async function make({ client }: Ec2InUse): Promise<string> {
  const command = new CreateVolumeCommand({ AvailabilityZone: 'eu-central-1a', Size: 4, VolumeType: 'gp3' });
  return String((await client.send(command)).VolumeId);
}

async function modify({ client }: Ec2InUse, VolumeId: string, input: Partial<ModifyVolumeCommandInput>) {
  return await client.send(new ModifyVolumeCommand({ VolumeId, ...input }));
}

async function modification({ client }: Ec2InUse, VolumeId: string): Promise<VolumeModification | undefined> {
  const answer = await client.send(new DescribeVolumesModificationsCommand({ VolumeIds: [VolumeId] }));
  return answer.VolumesModifications?.[0];
}

test('a modification is modifying, then optimizing with the new size, then completed', async (context) => {
  const ec2 = await useEc2(context);
  const volume = await make(ec2);
  await untilVolume(ec2.client, volume, 'available');
  assert.equal(await codeOf(modification(ec2, volume)), 'InvalidVolumeModification.NotFound');
  const { VolumeModification: begun } = await modify(ec2, volume, { Size: 8, Iops: 4_000 });
  assert.equal(begun?.ModificationState, 'modifying');
  assert.deepEqual([begun?.OriginalSize, begun?.TargetSize, begun?.TargetIops], [4, 8, 4_000]);
  assert.equal((await describeVolume(ec2.client, volume)).Size, 4);
  assert.equal(await codeOf(modify(ec2, volume, { Size: 9 })), 'IncorrectModificationState');
  await eventually(async () =>
    assert.equal((await modification(ec2, volume))?.ModificationState, 'optimizing'),
  );
  assert.equal((await describeVolume(ec2.client, volume)).Size, 8);
  await eventually(async () => assert.equal((await modification(ec2, volume))?.Progress, 100));
  assert.equal(await codeOf(modify(ec2, volume, { Size: 9 })), 'VolumeModificationRateExceeded');
});

test('six hours after a modification another one is taken', async (context) => {
  const clock = new ManualClock();
  const ec2 = await useEc2(context, { clock });
  const volume = await make(ec2);
  clock.advance(1_000);
  await untilVolume(ec2.client, volume, 'available');
  await modify(ec2, volume, { Size: 5 });
  clock.advance(60_000);
  await untilVolume(ec2.client, volume, 'available');
  clock.advance(60_000);
  await eventually(async () =>
    assert.equal((await modification(ec2, volume))?.ModificationState, 'completed'),
  );
  assert.equal(await codeOf(modify(ec2, volume, { Size: 6 })), 'VolumeModificationRateExceeded');
  clock.advance(6 * 3_600_000);
  assert.equal(await codeOf(modify(ec2, volume, { Size: 6 })), 'ok');
});

test('ModifyVolume refuses what AWS refuses, and can fail afterwards', async (context) => {
  const ec2 = await useEc2(context, { modificationPauseMs: 0 });
  const volume = await make(ec2);
  await untilVolume(ec2.client, volume, 'available');
  assert.equal(await codeOf(modify(ec2, volume, { Size: 3 })), 'InvalidParameterValue');
  assert.equal(await codeOf(modify(ec2, volume, {})), 'InvalidParameterCombination');
  assert.equal(
    await codeOf(modify(ec2, volume, { VolumeType: 'gp2', Iops: 3_000 })),
    'InvalidParameterCombination',
  );
  assert.equal(await codeOf(modify(ec2, volume, { Size: 5, DryRun: true })), 'DryRunOperation');
  ec2.control.failNextModification(volume);
  await modify(ec2, volume, { Size: 5 });
  await eventually(async () => assert.equal((await modification(ec2, volume))?.ModificationState, 'failed'));
  assert.equal((await describeVolume(ec2.client, volume)).Size, 4);
});

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { test } from 'node:test';
import {
  CreateSnapshotCommand,
  CreateTagsCommand,
  CreateVolumeCommand,
  DeleteSnapshotCommand,
  DeleteTagsCommand,
  DescribeSnapshotsCommand,
  DescribeTagsCommand,
  type Tag,
} from '@aws-sdk/client-ec2';
import { eventually } from '../../support/eventually.ts';
import { codeOf, describeVolume, type Ec2InUse, untilVolume, useEc2 } from './use-ec2.ts';

const ZONE = 'eu-central-1a';

async function make({ client }: Ec2InUse): Promise<string> {
  const { VolumeId } = await client.send(new CreateVolumeCommand({ AvailabilityZone: ZONE, Size: 1 }));
  await untilVolume(client, VolumeId, 'available');
  return String(VolumeId);
}

/** The first letters of a file that is too large to be read as a whole. */
async function startOf(file: string): Promise<string> {
  const handle = await open(file);
  const { buffer } = await handle.read(Buffer.alloc(6), 0, 6, 0);
  await handle.close();
  return buffer.toString('latin1');
}

test('a snapshot holds what the volume held when it was asked for', async (context) => {
  const ec2 = await useEc2(context);
  const { client, control } = ec2;
  const volume = await make(ec2);
  const file = await control.fileOf(volume);
  const write = (text: string): void => writeFileSync(file, text, { flag: 'r+' });
  write('before');
  const Tags = [{ Key: 'of', Value: volume }];
  const made = await client.send(
    new CreateSnapshotCommand({ VolumeId: volume, TagSpecifications: [{ ResourceType: 'snapshot', Tags }] }),
  );
  write('after!');
  assert.equal(made.State, 'pending');
  const restore = async (input: object): Promise<string> =>
    String((await client.send(new CreateVolumeCommand({ AvailabilityZone: ZONE, ...input }))).VolumeId);
  const { SnapshotId } = made;
  assert.equal(await codeOf(restore({ SnapshotId })), 'IncorrectState', 'while it is pending');
  const rate = codeOf(client.send(new CreateSnapshotCommand({ VolumeId: volume })));
  assert.equal(await rate, 'SnapshotCreationPerVolumeRateExceeded');
  await eventually(async () => {
    const Filters = [{ Name: 'tag:of', Values: [volume] }];
    const { Snapshots } = await client.send(new DescribeSnapshotsCommand({ OwnerIds: ['self'], Filters }));
    assert.deepEqual(
      Snapshots?.map(({ State, Progress, VolumeSize }) => [State, Progress, VolumeSize]),
      [['completed', '100%', 1]],
    );
  });
  assert.equal(await codeOf(restore({ SnapshotId, Size: 0 })), 'InvalidParameterValue');
  const restored = await restore({ SnapshotId });
  assert.equal((await describeVolume(client, restored)).Size, 1);
  await client.send(new DeleteSnapshotCommand({ SnapshotId }));
  assert.equal(await startOf(await control.fileOf(restored)), 'before');
  assert.equal(
    await codeOf(client.send(new DeleteSnapshotCommand({ SnapshotId }))),
    'InvalidSnapshot.NotFound',
  );
});

test('tags are set, changed and taken away within the limits of AWS', async (context) => {
  const ec2 = await useEc2(context);
  const { client } = ec2;
  const volume = await make(ec2);
  const set = async (...Tags: Tag[]): Promise<string> =>
    await codeOf(client.send(new CreateTagsCommand({ Resources: [volume], Tags })));
  const tags = async (): Promise<(string | undefined)[][]> =>
    ((await describeVolume(client, volume)).Tags ?? []).map(({ Key, Value }) => [Key, Value]);
  assert.equal(await set({ Key: 'a', Value: '1' }, { Key: 'b', Value: '' }), 'ok');
  assert.equal(await set({ Key: 'a', Value: '2' }), 'ok');
  assert.deepEqual(await tags(), [
    ['a', '2'],
    ['b', ''],
  ]);
  assert.equal(await set({ Key: 'x'.repeat(129), Value: '' }), 'InvalidParameterValue');
  assert.equal(await set({ Key: 'x', Value: 'y'.repeat(257) }), 'InvalidParameterValue');
  assert.equal(await set({ Key: 'AWS:x', Value: '' }), 'InvalidParameterValue');
  assert.equal(await set({ Key: 'x', Value: '1' }, { Key: 'x', Value: '2' }), 'InvalidParameterValue');
  const many = Array.from({ length: 49 }, (_, index) => ({ Key: `k${String(index)}`, Value: '' }));
  assert.equal(await set(...many), 'TagLimitExceeded');
  assert.equal((await tags()).length, 2, 'all or none');
  const remove = async (...Tags: Tag[]): Promise<void> =>
    void (await client.send(new DeleteTagsCommand({ Resources: [volume], Tags })));
  await remove({ Key: 'a', Value: 'other' });
  await remove({ Key: 'absent' });
  assert.equal((await tags()).length, 2, 'only where the value is that');
  await remove({ Key: 'a' });
  assert.deepEqual(await tags(), [['b', '']]);
  const described = await client.send(new DescribeTagsCommand({ Filters: [{ Name: 'key', Values: ['b'] }] }));
  assert.deepEqual(described.Tags, [{ Key: 'b', Value: '', ResourceId: volume, ResourceType: 'volume' }]);
  const Tags = [{ Key: 'a', Value: '1' }];
  const absent = new CreateTagsCommand({ Resources: [volume, 'vol-0123456789abcdef0'], Tags });
  assert.equal(await codeOf(client.send(absent)), 'InvalidVolume.NotFound');
  const odd = new CreateTagsCommand({ Resources: ['what'], Tags });
  assert.equal(await codeOf(client.send(odd)), 'InvalidID');
  assert.deepEqual(await tags(), [['b', '']]);
});

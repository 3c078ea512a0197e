import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  AttachVolumeCommand,
  CreateVolumeCommand,
  type CreateVolumeCommandInput,
  DeleteVolumeCommand,
  DescribeInstancesCommand,
  DetachVolumeCommand,
  type DetachVolumeCommandInput,
} from '@aws-sdk/client-ec2';
import { eventually } from '../../support/eventually.ts';
import { codeOf, describeVolume, type Ec2InUse, untilVolume, useEc2 } from './use-ec2.ts';

async function make({ client }: Ec2InUse, input: Partial<CreateVolumeCommandInput> = {}): Promise<string> {
  const command = new CreateVolumeCommand({ AvailabilityZone: 'eu-central-1a', Size: 4, ...input });
  const { VolumeId } = await client.send(command);
  await untilVolume(client, VolumeId, 'available');
  return String(VolumeId);
}

async function attach({ client }: Ec2InUse, VolumeId: string, InstanceId: string, Device = '/dev/sdf') {
  return await client.send(new AttachVolumeCommand({ VolumeId, InstanceId, Device }));
}

async function detach({ client }: Ec2InUse, VolumeId: string, input: Partial<DetachVolumeCommandInput> = {}) {
  return await client.send(new DetachVolumeCommand({ VolumeId, ...input }));
}

test('attaching and detaching go through their states, seen from the volume and the instance', async (context) => {
  const ec2 = await useEc2(context);
  const [volume, instance] = [await make(ec2), ec2.control.addInstance()];
  assert.equal((await attach(ec2, volume, instance)).State, 'attaching');
  assert.equal((await describeVolume(ec2.client, volume)).State, 'in-use');
  const { Attachments } = await untilVolume(ec2.client, volume, 'in-use', 'attached');
  assert.equal(Attachments?.[0]?.InstanceId, instance);
  assert.equal(Attachments?.[0]?.DeleteOnTermination, false);
  const command = new DescribeInstancesCommand({
    Filters: [{ Name: 'block-device-mapping.volume-id', Values: [volume] }],
  });
  const { Reservations } = await ec2.client.send(command);
  assert.equal(Reservations?.[0]?.Instances?.[0]?.BlockDeviceMappings?.[1]?.Ebs?.VolumeId, volume);
  assert.equal((await detach(ec2, volume)).State, 'detaching');
  await untilVolume(ec2.client, volume, 'available');
  assert.deepEqual(ec2.control.attachments(), []);
  assert.deepEqual(ec2.control.incidents(), []);
});

test('AttachVolume refuses what AWS refuses', async (context) => {
  const ec2 = await useEc2(context);
  const [here, there] = [ec2.control.addInstance(), ec2.control.addInstance()];
  const elsewhere = ec2.control.addInstance({ zone: 'eu-central-1b' });
  const [volume, other] = [await make(ec2), await make(ec2)];
  const code = async (...names: [string, string, string?]): Promise<string> =>
    await codeOf(attach(ec2, ...names));
  assert.equal(await code('vol-0123456789abcdef0', here), 'InvalidVolume.NotFound');
  assert.equal(await code(volume, 'i-0123456789abcdef0'), 'InvalidInstanceID.NotFound');
  assert.equal(await code(volume, elsewhere), 'InvalidVolume.ZoneMismatch');
  assert.equal(await code(volume, here, '/dev/null'), 'InvalidParameterValue');
  assert.equal(await code(volume, here, '/dev/xvda'), 'InvalidParameterValue', 'the root volume is there');
  await attach(ec2, volume, here);
  assert.equal(await code(volume, here, '/dev/sdg'), 'VolumeInUse', 'on the same instance');
  assert.equal(await code(volume, there), 'VolumeInUse', 'on another instance');
  assert.equal(await code(other, here, '/dev/xvdf'), 'InvalidParameterValue', 'two names of one place');
  assert.equal(await codeOf(ec2.client.send(new DeleteVolumeCommand({ VolumeId: volume }))), 'VolumeInUse');
  const kinds = ec2.control.incidents().map(({ kind }) => kind);
  assert.deepEqual(kinds, ['double-attach-refused', 'delete-refused']);
  await ec2.control.terminate(there);
  assert.equal(await code(other, there), 'IncorrectState');
  ec2.latency.fix('create', Infinity);
  const { VolumeId } = await ec2.client.send(
    new CreateVolumeCommand({ AvailabilityZone: 'eu-central-1a', Size: 1 }),
  );
  assert.equal(await code(String(VolumeId), here, '/dev/sdh'), 'IncorrectState', 'a volume that is creating');
});

test('an instance has room for so many volumes', async (context) => {
  const ec2 = await useEc2(context);
  const instance = ec2.control.addInstance({ type: 'm5.large' });
  const volumes = await Promise.all(Array.from({ length: 27 }, async () => await make(ec2)));
  const codes: string[] = [];
  for (const [index, volume] of volumes.entries()) {
    const device = `/dev/xvdb${String.fromCharCode('a'.charCodeAt(0) + index)}`.replace('{', 'z1');
    codes.push(await codeOf(attach(ec2, volume, instance, device)));
  }
  // 28 places, less one for the root volume and one for the network interface.
  assert.deepEqual(
    codes.slice(0, 26),
    Array.from({ length: 26 }, () => 'ok'),
  );
  assert.equal(codes[26], 'AttachmentLimitExceeded');
});

test('a volume with multi-attach is on several instances, and must be told which to leave', async (context) => {
  const ec2 = await useEc2(context);
  const volume = await make(ec2, { VolumeType: 'io2', Iops: 100, MultiAttachEnabled: true });
  const [first, second] = [ec2.control.addInstance(), ec2.control.addInstance()];
  await attach(ec2, volume, first);
  await attach(ec2, volume, second);
  await untilVolume(ec2.client, volume, 'in-use', 'attached');
  assert.equal(await codeOf(detach(ec2, volume)), 'MissingParameter');
  await detach(ec2, volume, { InstanceId: first });
  await eventually(() =>
    assert.deepEqual(
      ec2.control.attachments().map(({ instanceId }) => instanceId),
      [second],
    ),
  );
  assert.equal((await describeVolume(ec2.client, volume)).State, 'in-use');
});

test('DetachVolume refuses what AWS refuses', async (context) => {
  const ec2 = await useEc2(context);
  const [volume, instance, other] = [await make(ec2), ec2.control.addInstance(), ec2.control.addInstance()];
  assert.equal(await codeOf(detach(ec2, volume)), 'IncorrectState', 'not attached');
  assert.equal(await codeOf(detach(ec2, 'vol-0123456789abcdef0')), 'InvalidVolume.NotFound');
  await attach(ec2, volume, instance);
  assert.equal(await codeOf(detach(ec2, volume, { InstanceId: other })), 'InvalidAttachment.NotFound');
  assert.equal(await codeOf(detach(ec2, volume, { Device: '/dev/sdz' })), 'InvalidAttachment.NotFound');
  const reservations = await ec2.client.send(new DescribeInstancesCommand({ InstanceIds: [instance] }));
  const root = reservations.Reservations?.[0]?.Instances?.[0]?.BlockDeviceMappings?.[0]?.Ebs?.VolumeId;
  assert.equal(await codeOf(detach(ec2, String(root))), 'OperationNotPermitted');
});

test('a volume that is stuck attaching can be detached', async (context) => {
  const ec2 = await useEc2(context);
  const [volume, instance] = [await make(ec2), ec2.control.addInstance()];
  ec2.latency.fix('attach', Infinity);
  await attach(ec2, volume, instance);
  assert.equal((await describeVolume(ec2.client, volume)).Attachments?.[0]?.State, 'attaching');
  await detach(ec2, volume);
  await untilVolume(ec2.client, volume, 'available');
});

test('a frozen instance lets go only by force', async (context) => {
  const ec2 = await useEc2(context);
  const [volume, instance] = [await make(ec2), ec2.control.addInstance()];
  await attach(ec2, volume, instance);
  await untilVolume(ec2.client, volume, 'in-use', 'attached');
  ec2.control.setFrozen(instance, true);
  await detach(ec2, volume);
  await untilVolume(ec2.client, volume, 'in-use', 'busy');
  assert.equal(await codeOf(detach(ec2, volume)), 'IncorrectState');
  await detach(ec2, volume, { Force: true });
  await untilVolume(ec2.client, volume, 'available');
  assert.deepEqual(
    ec2.control.incidents().map(({ kind }) => kind),
    ['detached-while-busy'],
  );
});

test('a stopped instance keeps its volumes, a terminated one leaves them', async (context) => {
  const ec2 = await useEc2(context);
  const [volume, instance] = [await make(ec2), ec2.control.addInstance()];
  await attach(ec2, volume, instance);
  await untilVolume(ec2.client, volume, 'in-use', 'attached');
  await ec2.control.stop(instance);
  assert.equal((await describeVolume(ec2.client, volume)).Attachments?.[0]?.State, 'attached');
  await ec2.control.start(instance);
  await ec2.control.terminate(instance);
  assert.equal((await describeVolume(ec2.client, volume)).State, 'available');
  await eventually(() => assert.deepEqual(ec2.control.stored(), [volume], 'the root volume is gone'));
  const again = ec2.control.addInstance();
  await attach(ec2, volume, again);
  await detach(ec2, volume, { Force: true });
  assert.equal(ec2.control.incidents('forced-from-running').length, 1);
  ec2.control.forget(instance);
  const command = new DescribeInstancesCommand({ InstanceIds: [instance] });
  assert.equal(await codeOf(ec2.client.send(command)), 'InvalidInstanceID.NotFound');
});

import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import {
  AttachVolumeCommand,
  CreateVolumeCommand,
  DetachVolumeCommand,
  ModifyVolumeCommand,
} from '@aws-sdk/client-ec2';
import { run } from '../../../scripts/lib/run.ts';
import { eventually } from '../../support/eventually.ts';
import { ebsLook } from '../shared/disk-looks.ts';
import { LoopDiskBay } from '../shared/loop-disk-bay.ts';
import { untilVolume, useEc2 } from './use-ec2.ts';

test('a volume moves from instance to instance with what was written, grows, and waits to be unmounted', async (context) => {
  const root = mkdtempSync(join(tmpdir(), 'stowage-ec2-bay-'));
  const bay = new LoopDiskBay({ root, look: ebsLook });
  const { client, control } = await useEc2(context, { bay });
  context.after(() => rmSync(root, { recursive: true }));
  const [first, second] = [control.addInstance(), control.addInstance()];
  const { VolumeId: volume = '' } = await client.send(
    new CreateVolumeCommand({ AvailabilityZone: 'eu-central-1a', Size: 1 }),
  );
  await untilVolume(client, volume, 'available');
  await client.send(new AttachVolumeCommand({ VolumeId: volume, InstanceId: first, Device: '/dev/sdf' }));
  await untilVolume(client, volume, 'in-use', 'attached');
  const device = String(bay.deviceOf(first, volume));
  const block = join(await bay.sysfsOf(first), 'block/nvme1n1');
  assert.equal(readFileSync(join(block, 'device/serial'), 'utf8'), `${volume.replace('-', '')}\n`);
  await run('mkfs.ext4', ['-q', device]);
  const target = join(root, 'mounted');
  mkdirSync(target);
  await run('mount', [device, target]);
  writeFileSync(join(target, 'note'), 'kept');
  await client.send(new ModifyVolumeCommand({ VolumeId: volume, Size: 2 }));
  await eventually(() =>
    assert.equal(readFileSync(join(block, 'size'), 'utf8'), `${String((2 * 1024 ** 3) / 512)}\n`),
  );
  await client.send(new DetachVolumeCommand({ VolumeId: volume }));
  await untilVolume(client, volume, 'in-use', 'busy');
  await run('umount', [target]);
  await untilVolume(client, volume, 'available');
  assert.deepEqual(readdirSync(join(await bay.sysfsOf(first), 'block')), []);
  await client.send(new AttachVolumeCommand({ VolumeId: volume, InstanceId: second, Device: '/dev/sdf' }));
  await untilVolume(client, volume, 'in-use', 'attached');
  await run('mount', ['-o', 'ro', String(bay.deviceOf(second, volume)), target]);
  assert.equal(readFileSync(join(target, 'note'), 'utf8'), 'kept');
  await run('umount', [target]);
  await control.stop(second);
  assert.equal(bay.deviceOf(second, volume), undefined, 'a stopped instance sees nothing');
  await control.start(second);
  await eventually(() => assert.ok(bay.deviceOf(second, volume)));
});

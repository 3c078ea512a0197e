import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, it } from 'node:test';
import { SERIAL, useDisks } from '../../support/disk-bench.ts';
import { eventually } from '../../support/eventually.ts';
import { thrownBy, useHost } from '../../support/host-bench.ts';
import { nvmeFiles, scsiFiles } from '../../support/shown-disks.ts';

const bench = useHost();
const current = useDisks(bench);
const MIB = 1024 * 1024;

describe('a partition', () => {
  for (const [name, part] of [
    ['nvme1n1', 'nvme1n1p2'],
    ['sdb', 'sdb2'],
  ] as const) {
    it(`of ${name} is ${part}`, async () => {
      const [loop, inside] = [
        await current().loopFor('image', 2 * MIB),
        await current().loopFor('part', MIB),
      ];
      current().tree.show(name, loop, nvmeFiles(SERIAL));
      current().tree.show(`${name}/${part}`, inside, { partition: '2\n' });
      const disk = await current().disks.waitForDisk(SERIAL, 0);
      const partition = await current().disks.openPartition(disk, 2);
      assert.deepEqual([partition.device, partition.sizeBytes], [inside.device, MIB]);
      assert.match(partition.description, new RegExp(`^partition 2 of ${name} \\(Amazon`));
      const error = await thrownBy(() => current().disks.openPartition(disk, 1), 'E_DEVICE_UNAVAILABLE');
      assert.match(error.message, /no partition 1; there are: 2 \(1048576 bytes\)$/);
      for (const each of [partition, disk, inside, loop]) await each.release();
    });
  }

  it('of a disk without any says so', async () => {
    const loop = await current().loopFor('image', 2 * MIB);
    current().tree.show('sdb', loop, scsiFiles('data'));
    const disk = await current().disks.waitForDisk('data', 0);
    const error = await thrownBy(() => current().disks.openPartition(disk, 1), 'E_DEVICE_UNAVAILABLE');
    assert.match(error.message, /no partition 1; it has none$/);
    await disk.release();
    await loop.release();
  });
});

describe('a disk is in use', () => {
  it('while it is mounted, and not when it is only held', async () => {
    const loop = await current().loopFor('image', 16 * MIB);
    current().tree.show('sdb', loop, scsiFiles('data'));
    const disk = await current().disks.waitForDisk('data', 0);
    await current().host.fileSystems.format(disk.path, 'ext4', []);
    assert.equal(await current().disks.isInUse(disk), false);
    const target = bench().directoryAt('t');
    await current().host.mounts.mount({ source: disk.path, target, fileSystem: 'ext4', options: [] });
    assert.equal(await current().disks.isInUse(disk), true);
    await current().host.mounts.unmount(target);
    assert.equal(await current().disks.isInUse(disk), false);
    await disk.release();
    await loop.release();
  });

  it('while another mount namespace has it mounted', async () => {
    const loop = await current().loopFor('image', 16 * MIB);
    current().tree.show('sdb', loop, scsiFiles('data'));
    const disk = await current().disks.waitForDisk('data', 0);
    await current().host.fileSystems.format(disk.path, 'ext4', []);
    const script = 'mount "$1" "$2" && echo mounted && read -r word';
    const words = ['--mount', 'sh', '-c', script, 'sh', disk.path, bench().directoryAt('t')];
    const other = spawn('unshare', words, { stdio: ['pipe', 'pipe', 'inherit'] });
    await once(other.stdout, 'data');
    assert.equal(await current().disks.isInUse(disk), true);
    const ended = once(other, 'exit');
    other.stdin.end('\n');
    await ended;
    await eventually(async () => assert.equal(await current().disks.isInUse(disk), false));
    await disk.release();
    await loop.release();
  });
});

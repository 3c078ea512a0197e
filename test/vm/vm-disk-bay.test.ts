import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, describe, it } from 'node:test';
import { vmImages } from '../../scripts/lib/vm/images.ts';
import { DiskStore } from '../cloud/shared/disk-store.ts';
import type { BayDisk } from '../cloud/shared/disk-bay.ts';
import { eventually } from '../support/eventually.ts';
import { Machine } from './machine.ts';
import { VmDiskBay } from './vm-disk-bay.ts';

const MEBIBYTE = 1024 * 1024;
const VOLUME = { id: 'vol-0123456789abcdef0', serial: 'vol0123456789abcdef0' };
const DISK = { id: 'pvc-1', serial: 'stowage-pvc-1' };

describe('disks that are plugged into a virtual machine', () => {
  let machine: Machine;
  let store: DiskStore;
  let directory: string;
  const bays = { nvme: new VmDiskBay('nvme'), scsi: new VmDiskBay('scsi') };

  before(async () => {
    directory = mkdtempSync(join(tmpdir(), 'stowage-vm-disks-'));
    store = new DiskStore(directory);
    machine = await Machine.start(await vmImages(), []);
    for (const bay of Object.values(bays)) bay.seat('m', machine);
  });
  after(async () => {
    await machine.kill();
    rmSync(directory, { recursive: true });
  });

  afterEach(async () => {
    for (const bay of Object.values(bays)) await bay.close();
  });

  const disk = async ({ id, serial }: typeof VOLUME): Promise<BayDisk> => {
    if (!store.ids().includes(id)) store.create(id, 64 * MEBIBYTE);
    const about = { deviceName: '/dev/sdf', readOnly: false };
    return { id, serial, ...about, file: await store.fileOf(id), sizeBytes: store.sizeOf(id) };
  };
  const shown = async (name: string, file: string): Promise<string> =>
    await eventually(async () => await machine.guest.run('cat', [`/sys/block/${name}/${file}`]));
  const isGone = async (name: string): Promise<void> =>
    await eventually(async () => {
      assert.notEqual((await machine.guest.runRaw('test', ['-e', `/sys/block/${name}`])).exitCode, 0);
    });

  it('shows an EBS volume as NVMe with its serial, and what is written is in the file', async () => {
    await bays.nvme.plugIn('m', await disk(VOLUME));
    assert.equal((await shown('nvme2n1', 'device/serial')).trim(), VOLUME.serial);
    assert.equal(await shown('nvme2n1', 'size'), `${String((64 * MEBIBYTE) / 512)}\n`);
    await machine.guest.run('dd', ['if=/etc/hosts', 'of=/dev/nvme2n1', 'conv=fsync']);
    await bays.nvme.pullOut('m', VOLUME.id);
    await isGone('nvme2n1');
    assert.match(readFileSync(await store.fileOf(VOLUME.id), 'latin1'), /^127\.0\.0\.1 localhost/);
  });

  it('shows a persistent disk as SCSI, which grows while it is plugged in', async () => {
    await bays.scsi.plugIn('m', await disk(DISK));
    assert.equal(await shown('sda', 'device/vendor'), 'Google  \n');
    assert.equal(await shown('sda', 'device/model'), 'PersistentDisk  \n');
    assert.match(await shown('sda', 'device/vpd_pg80'), /^\0.\0\rstowage-pvc-1$/);
    await store.grow(DISK.id, 128 * MEBIBYTE);
    await bays.scsi.resized('m', DISK.id, 128 * MEBIBYTE);
    await eventually(async () => {
      assert.equal(await shown('sda', 'size'), `${String((128 * MEBIBYTE) / 512)}\n`);
    });
    await bays.scsi.pullOut('m', DISK.id);
    await isGone('sda');
  });

  it('knows what is mounted, and tears it out all the same', async () => {
    await bays.nvme.plugIn('m', await disk(VOLUME));
    await shown('nvme2n1', 'size');
    await machine.guest.run('mke2fs', ['-q', '-F', '/dev/nvme2n1']);
    assert.equal(await bays.nvme.isBusy('m', VOLUME.id), false);
    await machine.guest.run('mkdir', ['/tmp/mounted']);
    await machine.guest.run('mount', ['-t', 'ext4', '/dev/nvme2n1', '/tmp/mounted']);
    assert.equal(await bays.nvme.isBusy('m', VOLUME.id), true);
    await bays.nvme.pullOut('m', VOLUME.id);
    await isGone('nvme2n1');
    await machine.guest.run('umount', ['-l', '/tmp/mounted']);
  });

  it('cuts a frozen machine off from its disk: what it writes when it goes on is nowhere', async () => {
    await bays.nvme.plugIn('m', await disk(VOLUME));
    await shown('nvme2n1', 'size');
    const file = await store.fileOf(VOLUME.id);
    await machine.freeze();
    await bays.nvme.pullOut('m', VOLUME.id);
    const before = readFileSync(file);
    await machine.thaw();
    await machine.guest.runRaw('dd', [
      'if=/dev/urandom',
      'of=/dev/nvme2n1',
      'bs=1M',
      'count=4',
      'conv=fsync',
    ]);
    assert.ok(before.equals(readFileSync(file)), 'the file has changed');
    await isGone('nvme2n1');
  });
});

import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { run } from '../../../scripts/lib/run.ts';
import { eventually } from '../../support/eventually.ts';
import { loopsBelow } from '../../support/loop-devices.ts';
import { NoDiskBay } from './disk-bay.ts';
import { type DiskLook, ebsLook, persistentDiskLook } from './disk-looks.ts';
import { DiskStore } from './disk-store.ts';
import { LoopDiskBay } from './loop-disk-bay.ts';

const MEBIBYTE = 1024 * 1024;

function useBay(context: TestContext, look: DiskLook): { bay: LoopDiskBay; store: DiskStore; root: string } {
  const root = mkdtempSync(join(tmpdir(), 'stowage-bay-'));
  const bay = new LoopDiskBay({ root: join(root, 'bay'), look });
  mkdirSync(join(root, 'bay'));
  context.after(async () => {
    await bay.close();
    await eventually(() => assert.deepEqual(loopsBelow(root), []));
    rmSync(root, { recursive: true });
  });
  return { bay, store: new DiskStore(join(root, 'disks')), root };
}

async function diskOf(store: DiskStore, id: string) {
  const rest = { serial: id.replace('-', ''), deviceName: '/dev/sdf', readOnly: false };
  return { id, file: await store.fileOf(id), sizeBytes: store.sizeOf(id), ...rest };
}

test('an EBS disk appears as NVMe, keeps its content from machine to machine, and vanishes', async (context) => {
  const { bay, store } = useBay(context, ebsLook);
  store.create('vol-0123456789abcdef0', 8 * MEBIBYTE);
  await bay.plugIn('i-1', await diskOf(store, 'vol-0123456789abcdef0'));
  const block = join(await bay.sysfsOf('i-1'), 'block');
  assert.deepEqual(readdirSync(block), ['nvme1n1']);
  const read = (path: string): string => readFileSync(join(block, 'nvme1n1', path), 'latin1');
  assert.equal(read('device/serial'), 'vol0123456789abcdef0\n');
  assert.equal(read('device/model'), 'Amazon Elastic Block Store              \n');
  assert.equal(read('size'), '16384\n');
  assert.match(read('dev'), /^7:\d+\n$/);
  const node = bay.deviceOf('i-1', 'vol-0123456789abcdef0') ?? '';
  const device = await open(node, 'r+');
  await device.write('what was written');
  await device.sync();
  await device.close();
  await bay.pullOut('i-1', 'vol-0123456789abcdef0');
  assert.deepEqual(readdirSync(block), []);
  await bay.plugIn('i-2', await diskOf(store, 'vol-0123456789abcdef0'));
  const second = readFileSync(bay.deviceOf('i-2', 'vol-0123456789abcdef0') ?? '');
  assert.equal(second.toString('latin1', 0, 16), 'what was written');
});

test('disks of one machine get the lowest free names, also when they come at once', async (context) => {
  const { bay, store } = useBay(context, persistentDiskLook);
  for (const id of ['a', 'b', 'c']) store.create(id, MEBIBYTE);
  await Promise.all(['a', 'b'].map(async (id) => await bay.plugIn('m', await diskOf(store, id))));
  const block = join(await bay.sysfsOf('m'), 'block');
  assert.deepEqual(readdirSync(block).toSorted(), ['sdb', 'sdc']);
  const first = readFileSync(join(block, 'sdb/device/vpd_pg80'));
  assert.deepEqual([...first.subarray(0, 4)], [0, 0x80, 0, 1]);
  await bay.pullOut('m', first.toString('latin1', 4));
  await bay.plugIn('m', await diskOf(store, 'c'));
  assert.equal(readFileSync(join(block, 'sdb/device/vpd_pg83'), 'latin1'), '\0\x83\0\x05\x02\0\0\x01c');
  assert.equal(readFileSync(join(block, 'sdb/device/model'), 'latin1'), 'PersistentDisk  \n');
});

test('a disk grows while it is plugged in', async (context) => {
  const { bay, store } = useBay(context, ebsLook);
  store.create('vol-1', MEBIBYTE);
  await bay.plugIn('m', await diskOf(store, 'vol-1'));
  await store.grow('vol-1', 3 * MEBIBYTE);
  await bay.resized('m', 'vol-1', 3 * MEBIBYTE);
  assert.equal(readFileSync(join(await bay.sysfsOf('m'), 'block/nvme1n1/size'), 'utf8'), '6144\n');
  const size = await run('blockdev', ['--getsize64', bay.deviceOf('m', 'vol-1') ?? '']);
  assert.equal(Number(size), 3 * MEBIBYTE);
});

test('a mounted disk is busy, and what is written after it was pulled out never reaches it', async (context) => {
  const { bay, store, root } = useBay(context, ebsLook);
  store.create('vol-1', 16 * MEBIBYTE);
  const disk = await diskOf(store, 'vol-1');
  await run('mkfs.ext4', ['-q', disk.file]);
  await bay.plugIn('m', disk);
  const target = join(root, 'mounted');
  mkdirSync(target);
  assert.equal(await bay.isBusy('m', 'vol-1'), false);
  await run('mount', [bay.deviceOf('m', 'vol-1') ?? '', target]);
  assert.equal(await bay.isBusy('m', 'vol-1'), true);
  await run('sync', ['--file-system', target]);
  await bay.pullOut('m', 'vol-1');
  await run('sh', ['-c', 'echo late > "$1/late" && sync -f "$1"', 'sh', target]);
  await run('umount', [target]);
  const listed = await run('debugfs', ['-R', 'ls /', disk.file]);
  assert.match(listed, /lost\+found/);
  assert.doesNotMatch(listed, /late/);
});

test('a bay without disks still refuses a disk twice', async () => {
  const bay = new NoDiskBay();
  const disk = { id: 'd', file: '', serial: 'd', deviceName: '/dev/sdf', sizeBytes: 1, readOnly: false };
  await bay.plugIn('m', disk);
  await assert.rejects(bay.plugIn('m', disk));
  await bay.pullOut('m', 'd');
  await bay.plugIn('m', disk);
  await bay.resized();
  assert.equal(await bay.isBusy(), false);
  await bay.close();
});

test('a snapshot holds what the disk held at that moment, and disks stay sparse', async (context) => {
  const { store } = useBay(context, ebsLook);
  store.create('vol-1', 64 * MEBIBYTE);
  const write = async (text: string): Promise<void> => {
    const handle = await open(await store.fileOf('vol-1'), 'r+');
    await handle.write(text);
    await handle.close();
  };
  await write('before');
  await store.copy('vol-1', 'snap-1');
  await write('after!');
  await store.copy('snap-1', 'vol-2', 128 * MEBIBYTE);
  const restored = readFileSync(await store.fileOf('vol-2'));
  assert.equal(restored.length, 128 * MEBIBYTE);
  assert.equal(restored.toString('latin1', 0, 6), 'before');
  assert.ok(store.usedBytesOf('vol-2') <= MEBIBYTE);
  assert.deepEqual(store.ids(), ['vol-1', 'snap-1', 'vol-2']);
  const file = await store.fileOf('snap-1');
  await store.remove('snap-1');
  assert.equal(existsSync(file), false);
  await assert.rejects(store.grow('vol-2', MEBIBYTE));
});

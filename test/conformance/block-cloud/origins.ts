import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { it, type TestContext } from 'node:test';
import { run } from '../../../scripts/lib/run.ts';
import { hashOf } from '../../support/disk-bench.ts';
import { eventually } from '../../support/eventually.ts';
import type { Cluster } from './cluster.ts';

/** Where disks come from and where they go. */
export function origins(use: (context: TestContext) => Promise<Cluster>): void {
  it('adopts a disk by its name, shows what is on it, and only forgets it', async (context) => {
    const cluster = await use(context);
    const node = await cluster.node();
    const id = await cluster.region.makeForeign('precious');
    const file = await fileOf(cluster, id);
    await fill(file, 'treasure');
    await node.create('mine', { volumeId: 'precious' });
    assert.equal(await node.read('mine'), 'treasure');
    await node.remove('mine');
    assert.deepEqual(await node.names(), []);
    const [disk] = await cluster.region.disks();
    assert.deepEqual([disk?.id, disk?.volume], [id, undefined]);
  });

  it('never formats a disk that it adopted, blank or not', async (context) => {
    const cluster = await use(context);
    const node = await cluster.node();
    const file = await fileOf(cluster, await cluster.region.makeForeign('precious'));
    await node.create('mine', { volumeId: 'precious' });
    const before = await hashOf(file);
    await assert.rejects(node.mount('mine'), { code: 'E_DISK_NOT_BLANK' });
    await node.remove('mine');
    assert.equal(await hashOf(file), before);
  });

  it('never formats a fresh disk on which something lies, and keeps every byte', async (context) => {
    const cluster = await use(context);
    const node = await cluster.node();
    await node.create('db');
    const [disk] = await cluster.region.disks();
    const file = String(disk?.file);
    await run('dd', [
      'if=/dev/urandom',
      `of=${file}`,
      'bs=1M',
      'count=1',
      'seek=512',
      'conv=notrunc',
      'status=none',
    ]);
    const before = await hashOf(file);
    await assert.rejects(node.mount('db'), { code: 'E_DISK_NOT_BLANK' });
    assert.equal(await hashOf(file), before);
  });

  it('takes a last snapshot with reclaimPolicy=snapshot, and restores it by the name of the volume', async (context) => {
    const cluster = await use(context);
    const node = await cluster.node();
    await node.create('db', { size: '1GiB', reclaimPolicy: 'snapshot' });
    await node.write('db', 'kept');
    await node.remove('db');
    assert.equal(cluster.region.snapshots(), 1);
    await eventually(async () => assert.deepEqual(await cluster.region.disks(), []));
    await node.create('again', { snapshot: 'db' });
    assert.equal(await node.read('again'), 'kept');
  });

  it('clones through a snapshot that is gone afterwards; both can be mounted at once', async (context) => {
    const cluster = await use(context);
    const node = await cluster.node();
    for (const fsType of ['ext4', 'xfs', 'btrfs']) {
      await node.create(fsType, { size: '1GiB', fsType });
      await node.write(fsType, 'kept');
      await node.create(`${fsType}-copy`, { from: fsType });
      const [one, other] = [await node.mount(fsType), await node.mount(`${fsType}-copy`)];
      assert.notEqual(one.path, other.path);
      await Promise.all([one.unmount(), other.unmount()]);
      assert.equal(await node.read(`${fsType}-copy`), 'kept');
    }
    assert.equal(cluster.region.snapshots(), 0);
  });

  it('grows while a container writes', async (context) => {
    const cluster = await use(context);
    const node = await cluster.node();
    await node.create('db', { size: '1GiB', fsType: 'xfs' });
    const { path, unmount } = await node.mount('db');
    await writeFile(join(path, 'note'), 'kept');
    await node.create('db', { size: '3GiB' });
    const { stdout } = { stdout: await run('df', ['--output=size', '--block-size=1M', path]) };
    assert.ok(Number(stdout.split('\n')[1]) > 2_800);
    await unmount();
    assert.equal(await node.read('db'), 'kept');
  });
}

async function fileOf(cluster: Cluster, id: string): Promise<string> {
  const disk = (await cluster.region.disks()).find((one) => one.id === id);
  return disk?.file ?? assert.fail(`there is no disk ${id}`);
}

/** Puts a file system with a note on a disk, as somebody else would have. */
async function fill(file: string, text: string): Promise<void> {
  const target = await mkdtemp(join(tmpdir(), 'stowage-foreign-'));
  await run('mkfs.ext4', ['-q', '-F', file]);
  await run('mount', ['-o', 'loop', file, target]);
  await mkdir(join(target, 'other'));
  await writeFile(join(target, 'note'), text);
  await run('umount', [target]);
  await rm(target, { recursive: true });
}

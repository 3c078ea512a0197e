import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { it, type TestContext } from 'node:test';
import { eventually } from '../../support/eventually.ts';
import type { Cluster } from './cluster.ts';

/** Which machine has a disk, and who may take it. */
export function takingOver(use: (context: TestContext) => Promise<Cluster>): void {
  it('moves from machine to machine with what was written', async (context) => {
    const cluster = await use(context);
    const [one, other] = [await cluster.node(), await cluster.node()];
    await one.create('db');
    await one.write('db', 'kept');
    assert.deepEqual(await other.names(), ['db']);
    assert.equal(await other.read('db'), 'kept');
    assert.equal((await cluster.region.disks()).length, 1);
  });

  it('is refused while the machine that has it runs, and named', async (context) => {
    const cluster = await use(context);
    const [one, other] = [await cluster.node(), await cluster.node()];
    await one.create('db');
    const { path } = await one.mount('db');
    await writeFile(join(path, 'note'), 'kept', { flush: true });
    cluster.region.freeze(one.machine.id);
    await assert.rejects(other.mount('db'), (error: Error) => {
      assert.match(error.message, new RegExp(one.machine.id));
      return (error as Error & { code: string }).code === 'E_VOLUME_IN_USE';
    });
    await assert.rejects(other.remove('db'), { code: 'E_VOLUME_IN_USE' });
    assert.equal(await readFile(join(path, 'note'), 'utf8'), 'kept');
  });

  it('is taken once the cloud says that the machine is stopped, and nothing is lost', async (context) => {
    const cluster = await use(context);
    const [one, other] = [await cluster.node(), await cluster.node()];
    await one.create('db');
    const { path } = await one.mount('db');
    await writeFile(join(path, 'note'), 'kept', { flush: true });
    await cluster.region.stop(one.machine.id);
    assert.equal(await other.read('db'), 'kept');
  });

  it('is never taken with preempt=never, and always with preempt=always', async (context) => {
    const cluster = await use(context);
    const [one, other] = [await cluster.node(), await cluster.node()];
    await one.create('shy', { size: '1GiB', preempt: 'never' });
    await one.create('bold', { size: '1GiB', preempt: 'always' });
    await one.mount('shy');
    await one.mount('bold');
    cluster.region.freeze(one.machine.id);
    await other.mount('bold');
    await cluster.region.stop(one.machine.id);
    await assert.rejects(other.mount('shy'), { code: 'E_VOLUME_IN_USE' });
  });

  it('makes the machine that lost the disk stop claiming it', async (context) => {
    const cluster = await use(context);
    const [one, other] = [await cluster.node(), await cluster.node()];
    await one.create('bold', { size: '1GiB', preempt: 'always' });
    const { path } = await one.mount('bold');
    await other.mount('bold');
    await eventually(async () => {
      await one.names();
      assert.equal(await one.service.path('bold', one.call()), undefined);
    });
    assert.ok(path.startsWith(one.mountRoot));
    await assert.rejects(one.remove('bold'), { code: 'E_VOLUME_IN_USE' });
  });

  it('waits for a disk that its machine is just letting go of', async (context) => {
    const cluster = await use(context);
    const [one, other] = [await cluster.node(), await cluster.node()];
    await one.create('db');
    const { unmount } = await one.mount('db');
    await unmount();
    await other.mount('db');
  });

  it('takes a disk back that somebody tore off, and mounts it clean', async (context) => {
    const cluster = await use(context);
    const node = await cluster.node();
    await node.create('db');
    const { path, unmount } = await node.mount('db');
    await writeFile(join(path, 'note'), 'kept', { flush: true });
    const [disk] = await cluster.region.disks();
    await cluster.region.tearOff(String(disk?.id), node.machine.id);
    await assert.rejects(node.mount('db'), { code: 'E_MOUNT_FAILED', message: /was taken off this machine/ });
    await unmount();
    assert.equal(await node.read('db'), 'kept');
  });

  it('undoes an attachment that does not end, and says so', async (context) => {
    const cluster = await use(context);
    const node = await cluster.node();
    await node.create('db');
    cluster.region.neverAttach(true);
    await assert.rejects(node.mount('db'), { code: 'E_CLOUD_FAILED' });
    cluster.region.neverAttach(false);
    await node.write('db', 'kept');
  });

  it('refuses a disk of another zone, naming both', async (context) => {
    const cluster = await use(context);
    const one = await cluster.node();
    const far = await cluster.node(await cluster.region.launch({ elsewhere: true }));
    await one.create('db');
    await assert.rejects(far.mount('db'), { code: 'E_WRONG_ZONE' });
  });
}

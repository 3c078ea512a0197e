import assert from 'node:assert/strict';
import { it, type TestContext } from 'node:test';
import { eventually } from '../../support/eventually.ts';
import type { Cluster } from './cluster.ts';
import type { RegionKind } from './region.ts';

/** A cloud that fails, and an identity that may not do everything. */
export function outages(use: (context: TestContext) => Promise<Cluster>, kind: RegionKind): void {
  it('answers, and keeps what is mounted, through an outage of the cloud; work resumes by itself', async (context) => {
    const cluster = await use(context);
    const node = await cluster.node();
    await node.create('db', { size: '1GiB', fsType: 'xfs' });
    const { path, unmount } = await node.mount('db');
    cluster.region.faults.setOutage(true);
    for (let look = 0; look < 20; look += 1) {
      assert.deepEqual(await node.names(), ['db']);
      const view = await node.service.get('db', node.call());
      assert.equal(view.mountPoint, path);
      assert.equal(view.status?.['fileSystem'], 'xfs');
    }
    await node.restart();
    assert.deepEqual(await node.names(), ['db']);
    const repeated = node.create('db', { size: '1GiB', fsType: 'xfs' });
    await unmount();
    cluster.region.faults.clear();
    await repeated;
    await node.write('db', 'kept');
    assert.equal(await node.read('db'), 'kept');
  });

  it('leaks no disk, attaches none twice and loses no byte under throttling, errors and broken connections', async (context) => {
    const cluster = await use(context);
    const nodes = [await cluster.node(), await cluster.node()];
    const { faults } = cluster.region;
    faults.add({ percent: 5, fault: { kind: 'throttle' } });
    faults.add({ percent: 5, fault: { kind: 'server-error', status: 503 } });
    faults.add({ percent: 5, fault: { kind: 'drop-before' } });
    faults.add({ percent: 5, fault: { kind: 'drop-after' } });
    const names = ['a', 'b', 'c', 'd'];
    await Promise.all(
      names.map(async (name, index) => {
        const node = nodes[index % 2] ?? assert.fail();
        await patiently(async () => await node.create(name));
        await patiently(async () => await node.write(name, name));
        await patiently(async () => assert.equal(await node.read(name), name));
      }),
    );
    const disks = await cluster.region.disks();
    assert.deepEqual(new Set(disks.map(({ volume }) => volume)), new Set(names));
    assert.equal(disks.length, names.length);
    await Promise.all(
      names.map(async (name, index) => {
        const node = nodes[index % 2] ?? assert.fail();
        await patiently(async () => await node.remove(name));
      }),
    );
    await eventually(async () => assert.deepEqual(await cluster.region.disks(), []));
  });

  it('names the permission that is missing', async (context) => {
    const cluster = await use(context);
    const allowed = kind.permissions.filter((permission) => permission !== kind.attachPermission);
    const node = await cluster.node(await cluster.region.launch({ allowed }));
    await node.create('db');
    await assert.rejects(node.mount('db'), (error: Error) => {
      assert.ok(error.message.includes(kind.attachPermission), error.message);
      return (error as Error & { code: string }).code === 'E_PERMISSION_DENIED';
    });
  });

  it('needs no permission but those in the README', async (context) => {
    const cluster = await use(context);
    const machine = await cluster.region.launch({ allowed: kind.permissions });
    const node = await cluster.node(machine);
    await node.create('db');
    await node.write('db', 'kept');
    await node.create('db', { size: '2GiB' });
    await node.create('copy', { from: 'db' });
    await node.create('last', { size: '1GiB', reclaimPolicy: 'snapshot' });
    await node.write('last', 'kept');
    await node.remove('last');
    await node.create('restored', { snapshot: 'last' });
    assert.equal(await node.read('restored'), 'kept');
    await node.create('mine', { volumeId: await cluster.region.makeForeign('precious') });
    await node.remove('mine');
    for (const name of ['copy', 'restored', 'db']) await node.remove(name);
  });
}

/** Repeats what may be repeated, as an operator or Swarm does. */
async function patiently(work: () => Promise<void>): Promise<void> {
  for (let attempt = 0; ; attempt += 1) {
    try {
      await work();
      return;
    } catch (error) {
      const { retryable } = error as { retryable?: boolean };
      if (attempt >= 20 || retryable !== true) throw error;
    }
  }
}

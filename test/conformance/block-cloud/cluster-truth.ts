import assert from 'node:assert/strict';
import { it, type TestContext } from 'node:test';
import { eventually } from '../../support/eventually.ts';
import type { Cluster } from './cluster.ts';

/** What the nodes of a cluster agree on. */
export function clusterTruth(use: (context: TestContext) => Promise<Cluster>): void {
  it('makes one disk of a name that several nodes create at once', async (context) => {
    const cluster = await use(context);
    const nodes = await Promise.all([0, 1, 2].map(async () => await cluster.node()));
    await Promise.all(nodes.map(async (node) => await node.create('db')));
    assert.equal((await cluster.region.disks()).length, 1);
    for (const node of nodes) assert.deepEqual(await node.names(), ['db']);
    for (const [index, node] of nodes.entries()) {
      if (index > 0) assert.equal(await node.read('db'), String(index - 1));
      await node.write('db', String(index));
    }
  });

  it('refuses the one of two nodes that wants other options', async (context) => {
    const cluster = await use(context);
    const [one, other] = [await cluster.node(), await cluster.node()];
    const outcomes = await Promise.allSettled([
      one.create('db', { size: '1GiB', fsType: 'ext4' }),
      other.create('db', { size: '1GiB', fsType: 'xfs' }),
    ]);
    const refused = outcomes.filter(({ status }) => status === 'rejected');
    assert.equal(refused.length, 1);
    assert.equal((await cluster.region.disks()).length, 1);
  });

  it('makes a new disk of a name that was removed a moment ago, here or elsewhere', async (context) => {
    const cluster = await use(context);
    const [one, other] = [await cluster.node(), await cluster.node()];
    for (const node of [one, one, other, one]) {
      await node.create('db');
      await node.write('db', 'something');
      await node.remove('db');
    }
    await eventually(async () => assert.deepEqual(await cluster.region.disks(), []));
  });

  it('forgets what another node removed, and learns its new options', async (context) => {
    const cluster = await use(context);
    const [one, other] = [await cluster.node(), await cluster.node()];
    await one.create('db');
    await other.names();
    await other.create('db', { reclaimPolicy: 'retain' });
    await other.remove('db');
    await assert.rejects(one.mount('db'), { code: 'E_VOLUME_NOT_FOUND' });
    await one.create('db');
    await one.mount('db');
  });

  it('shows all volumes to a machine that lost its state', async (context) => {
    const cluster = await use(context);
    const node = await cluster.node();
    await node.create('db', { size: '1GiB', fsType: 'xfs' });
    const { path } = await node.mount('db');
    await node.restartWithoutState();
    assert.deepEqual(await node.names(), ['db']);
    assert.equal((await node.service.get('db', node.call())).status?.['fileSystem'], 'xfs');
    assert.ok(path.length > 0);
  });

  it('lets go of a disk that a former life left attached', async (context) => {
    const cluster = await use(context);
    const node = await cluster.node();
    await node.create('db');
    const { unmount } = await node.mount('db');
    // It ends before the disk is let go of.
    const unmounting = unmount();
    await unmounting;
    await node.restart();
    await node.names();
    await eventually(async () =>
      assert.deepEqual(
        (await cluster.region.disks()).map(({ machines }) => machines),
        [[]],
      ),
    );
  });
}

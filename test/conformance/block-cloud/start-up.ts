import assert from 'node:assert/strict';
import { it, type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { eventually } from '../../support/eventually.ts';
import type { Cluster } from './cluster.ts';

/** What a node does by itself after its start, beside what it is asked for meanwhile. */
export function startUp(use: (context: TestContext) => Promise<Cluster>): void {
  it('never detaches a disk that is just being mounted, whenever the start looks for what is left over', async (context) => {
    const cluster = await use(context);
    const node = await cluster.node();
    const names = ['a', 'b', 'c', 'd'];
    await Promise.all(names.map(async (name) => await node.create(name)));
    for (let round = 0; round < 6; round += 1) {
      await node.restart();
      // Later each time, so that the looking falls into every part of a mount.
      await sleep(round * 40);
      const mounts = await Promise.all(names.map(async (name) => await node.mount(name)));
      await sleep(300);
      const disks = await cluster.region.disks();
      assert.deepEqual(
        disks.map(({ machines }) => machines),
        names.map(() => [node.machine.id]),
      );
      await Promise.all(mounts.map(async ({ unmount }) => await unmount()));
      // The life that ends must not go on detaching in the next one, as in a process of its own it could not.
      await eventually(async () =>
        assert.ok((await cluster.region.disks()).every(({ machines }) => machines.length === 0)),
      );
    }
  });
}

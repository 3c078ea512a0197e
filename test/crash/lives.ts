import assert from 'node:assert/strict';
import { eventually } from '../support/eventually.ts';
import { drop, fill, type Kind } from './kinds.ts';
import type { Operation } from './operation.ts';
import type { World } from './world.ts';

/** Create of a new volume. */
export function create(kind: Kind): Operation {
  return {
    name: `create ${kind.name}`,
    prepare: async () => undefined,
    act: async (world) => await world.engine.create(world.volume, kind.options(world)),
    promised: async (world) => {
      assert.ok(await world.exists(world.volume), 'the volume does not exist');
      await world.use(world.volume, () => world.write(world.volume, 'x'));
    },
    unanswered: async (world) =>
      await eventually(async () => {
        const exists = await world.exists(world.volume);
        assert.equal(await world.hasHome(world.volume), exists, 'a half-made volume is left');
      }),
    tidy: drop,
  };
}

/** Remove with its data. */
export function remove(kind: Kind): Operation {
  return {
    name: `remove ${kind.name}`,
    prepare: async (world) => await fill(world, kind),
    act: drop,
    promised: async (world) => {
      assert.ok(!(await world.exists(world.volume)), 'the volume exists');
      assert.ok(!(await world.hasHome(world.volume)), 'its directory is there');
    },
    unanswered: async (world) => {
      // Whole or gone, nothing in between.
      if (await world.exists(world.volume)) await world.assertData(world.volume);
    },
    tidy: async () => undefined,
  };
}

const RETAIN = { reclaimPolicy: 'retain' };

/** Remove under `reclaimPolicy=retain`. */
export function retain(kind: Kind): Operation {
  return {
    name: `remove retained ${kind.name}`,
    prepare: async (world) => await fill(world, kind, RETAIN),
    act: drop,
    promised: async (world) => {
      assert.ok(!(await world.exists(world.volume)), 'the volume exists');
      assert.ok(await world.hasHome(world.volume), 'its directory is gone');
    },
    unanswered: async (world) => assert.ok(await world.hasHome(world.volume), 'its directory is gone'),
    tidy: async (world) => {
      await world.engine.create(world.volume);
      await world.assertData(world.volume);
      await discardRetained(world);
    },
  };
}

/** Create of a retained volume. */
export function reclaim(kind: Kind): Operation {
  return {
    name: `reclaim ${kind.name}`,
    prepare: async (world) => {
      await fill(world, kind, RETAIN);
      await world.engine.remove(world.volume);
    },
    act: async (world) => await world.engine.create(world.volume, RETAIN),
    promised: async (world) => await world.assertData(world.volume),
    unanswered: async (world) => assert.ok(await world.hasHome(world.volume), 'its directory is gone'),
    tidy: discardRetained,
  };
}

async function discardRetained({ engine, volume }: World): Promise<void> {
  await engine.create(volume, { reclaimPolicy: 'delete' });
  await engine.remove(volume);
}

/** Create with `from`. */
export function clone(kind: Kind): Operation {
  return {
    name: `clone ${kind.name}`,
    prepare: async (world) => await world.fill(world.other('source'), kind.options(world), 'source'),
    act: async (world) => await world.engine.create(world.volume, { from: world.other('source') }),
    promised: async (world) => {
      await world.assertData(world.volume, 'source');
      await world.assertData(world.other('source'), 'source');
    },
    unanswered: async (world) => {
      await world.assertData(world.other('source'), 'source');
      if (await world.exists(world.volume)) await world.assertData(world.volume, 'source');
    },
    tidy: async (world) => {
      await world.engine.remove(world.volume);
      await world.engine.remove(world.other('source'));
    },
  };
}

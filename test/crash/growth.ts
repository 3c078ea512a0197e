import assert from 'node:assert/strict';
import { mount } from './claims.ts';
import { drop, fill, fillAndMount, type Kind } from './kinds.ts';
import type { Operation } from './operation.ts';
import type { World } from './world.ts';

const MEBIBYTE = 1024 * 1024;
const LARGER = 448;

/** Create with a larger size, not mounted. */
export function growOffline(kind: Kind): Operation {
  return {
    name: `grow ${kind.name}`,
    prepare: async (world) => await fill(world, kind),
    act: async ({ engine, volume }) => await engine.create(volume, { size: `${String(LARGER)}MiB` }),
    promised: async (world) => {
      await world.assertData(world.volume);
      await world.use(world.volume, () => assertSize(world));
    },
    unanswered: async (world) => await world.assertData(world.volume),
    tidy: drop,
  };
}

/** Create with a larger size while a container uses the volume. */
export function growMounted(kind: Kind): Operation {
  return {
    name: `grow mounted ${kind.name}`,
    prepare: async (world) => await fillAndMount(world, kind, 'one'),
    act: async ({ engine, volume }) => await engine.create(volume, { size: `${String(LARGER)}MiB` }),
    promised: async (world) => {
      assert.equal(world.read(world.volume), world.volume);
      assertSize(world);
    },
    unanswered: async (world) => assert.equal(world.read(world.volume), world.volume),
    tidy: async (world) => {
      await world.engine.unmount(world.volume, 'one');
      await world.engine.remove(world.volume);
    },
  };
}

/** The file system keeps some of it for itself. */
function assertSize(world: World): void {
  const size = world.sizeOf(world.volume) / MEBIBYTE;
  assert.ok(size > LARGER * 0.75, `it shows ${size.toFixed(0)} MiB after growing to ${String(LARGER)} MiB`);
}

/** The mount that finishes what growing without a mount only began. */
export function mountAfterGrowing(kind: Kind): Operation {
  const { promised, tidy, act } = mount(kind);
  return {
    name: `mount grown ${kind.name}`,
    prepare: async (world) => {
      await fill(world, kind);
      await world.engine.create(world.volume, { size: `${String(LARGER)}MiB` });
    },
    act,
    promised: async (world) => {
      await promised(world);
      assertSize(world);
    },
    tidy,
  };
}

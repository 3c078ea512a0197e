import assert from 'node:assert/strict';
import { drop, fill, fillAndMount, type Kind } from './kinds.ts';
import type { Operation } from './operation.ts';

/** The first Mount. */
export function mount(kind: Kind): Operation {
  return {
    name: `mount ${kind.name}`,
    prepare: async (world) =>
      kind.volatile === true
        ? await world.engine.create(world.volume, kind.options(world))
        : await fill(world, kind),
    act: async ({ engine, volume }) => await engine.mount(volume, 'one'),
    promised: async (world) => {
      assert.equal(await world.mountIds(world.volume), 1);
      assert.ok(world.isMounted(world.volume));
      if (kind.volatile !== true) assert.equal(world.read(world.volume), world.volume);
    },
    tidy: async (world) => {
      let claims = 0;
      for (; claims < 3 && world.isMounted(world.volume); claims += 1)
        await world.engine.unmount(world.volume, 'one');
      // The kernel shows no container behind a claim from before a kill, so the repeat takes its place
      // (docs/adr/0004-who-holds-a-volume.md), whether the first call had been answered or not.
      assert.equal(claims, world.restarted ? 1 : 2, `${String(claims)} claims were counted`);
      await world.engine.remove(world.volume);
    },
  };
}

/** Mount of a mounted volume under another ID. */
export function secondMount(kind: Kind): Operation {
  return {
    name: `second mount ${kind.name}`,
    prepare: async (world) => await fillAndMount(world, kind, 'one'),
    act: async ({ engine, volume }) => await engine.mount(volume, 'two'),
    promised: async (world) => {
      assert.equal(await world.mountIds(world.volume), 2);
      assert.equal(world.read(world.volume), world.volume);
    },
    unanswered: async (world) => {
      assert.ok((await world.mountIds(world.volume)) >= 1, 'a claim is lost');
      assert.equal(world.read(world.volume), world.volume);
    },
    tidy: async (world) => {
      await world.engine.unmount(world.volume, 'two');
      await world.engine.unmount(world.volume, 'two');
      assert.ok(world.isMounted(world.volume), "one's mount was taken away");
      await world.engine.unmount(world.volume, 'one');
      assert.ok(!world.isMounted(world.volume));
      await world.engine.remove(world.volume);
    },
  };
}

/** The last Unmount. */
export function unmount(kind: Kind): Operation {
  return {
    name: `unmount ${kind.name}`,
    prepare: async (world) => await fillAndMount(world, kind, 'one'),
    act: async ({ engine, volume }) => await engine.unmount(volume, 'one'),
    promised: async (world) => {
      assert.equal(await world.mountIds(world.volume), 0);
      assert.ok(!world.isMounted(world.volume));
      if (kind.volatile !== true) await world.assertData(world.volume);
    },
    tidy: drop,
  };
}

/** Unmount of one of two IDs. */
export function unmountOfTwo(kind: Kind): Operation {
  return {
    name: `unmount one of two ${kind.name}`,
    prepare: async (world) => await fillAndMount(world, kind, 'one', 'two'),
    act: async ({ engine, volume }) => await engine.unmount(volume, 'one'),
    promised: async (world) => {
      assert.equal(await world.mountIds(world.volume), 1);
      assert.equal(world.read(world.volume), world.volume);
    },
    unanswered: async (world) => assert.equal(world.read(world.volume), world.volume),
    tidy: async (world) => {
      await world.engine.unmount(world.volume, 'two');
      assert.ok(!world.isMounted(world.volume));
      await world.engine.remove(world.volume);
    },
  };
}

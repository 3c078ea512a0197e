import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { directory, drop, fillAndMount } from './kinds.ts';
import type { Operation } from './operation.ts';

/** A start that finds nothing. */
export const firstStart: Operation = {
  name: 'first start',
  prepare: async ({ traced }) => {
    await traced.stowage.kill9();
    await traced.stowage.namespace.run('rm', '-rf', traced.stowage.dataDirectory);
  },
  act: undefined,
  promised: async (world) => {
    await world.engine.create(world.volume);
    await world.use(world.volume, () => world.write(world.volume, 'x'));
  },
  tidy: drop,
};

/** A start that finds work: a mount gone, a mount too many, a half-made volume, a removed one. */
export const recovery: Operation = {
  name: 'recovery',
  prepare: async (world) => {
    const { traced, engine } = world;
    await fillAndMount(world, directory, 'one');
    await world.fill(world.other('lost'), {});
    await engine.mount(world.other('lost'), 'one');
    await traced.stowage.kill9();
    const at = (name: string): string => join(traced.stowage.mountsDirectory, name);
    const { namespace, dataDirectory } = traced.stowage;
    await namespace.run('umount', at(world.other('lost')));
    await namespace.run('mkdir', '-p', at(world.other('orphan')));
    await namespace.run('mount', '-t', 'tmpfs', 'none', at(world.other('orphan')));
    for (const place of ['staging/half', 'trash/old']) {
      mkdirSync(join(dataDirectory, place, 'data'), { recursive: true });
      writeFileSync(join(dataDirectory, place, 'data', 'file'), 'x');
    }
  },
  act: undefined,
  promised: async (world) => {
    assert.equal(await world.mountIds(world.volume), 1);
    assert.equal(world.read(world.volume), world.volume);
    await world.assertData(world.other('lost'));
  },
  tidy: async (world) => {
    await world.engine.unmount(world.volume, 'one');
    await world.engine.remove(world.volume);
    await world.engine.remove(world.other('lost'));
  },
};

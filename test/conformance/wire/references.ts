import assert from 'node:assert/strict';
import { it } from 'node:test';
import { refusalOf } from '../../support/engine-client.ts';
import { content, fill } from '../../support/volume-files.ts';
import type { VolumeVariant } from '../volume-driver/bench.ts';
import type { GetBench } from './index.ts';

/** Mounts and the claims on them, and volumes side by side. */
export function referenceChecks(get: GetBench, variant: VolumeVariant): void {
  const create = async (name: string): Promise<void> =>
    await get().stowage.engine.create(name, variant.options(get().directory));

  it('mounts with the first claim and unmounts with the last, whatever IDs are repeated or unknown', async () => {
    const { stowage } = get();
    const { engine } = stowage;
    await create('db');
    const mountPoint = await engine.mount('db', 'one');
    assert.equal(await engine.mount('db', 'one'), mountPoint, 'docker cp sends the same ID again');
    assert.equal(await engine.mount('db', 'two'), mountPoint);
    assert.equal((await engine.status('db'))['mountIds'], '2');
    for (const id of ['unknown', 'one', 'two', 'two']) await engine.unmount('db', id);
    assert.equal(await engine.path('db'), mountPoint, 'one claim is left');
    assert.equal((await refusalOf(engine.remove('db'))).code, 'E_VOLUME_IN_USE');
    await engine.unmount('db', 'one');
    assert.equal(await engine.path('db'), '');
    assert.deepEqual(stowage.mounts(), []);
  });

  it('keeps volumes apart that are used at once', async () => {
    const { stowage } = get();
    const names = variant.keptOnRemove === true ? ['a'] : ['a', 'b', 'c'];
    await Promise.all(names.map(create));
    await Promise.all(names.map(async (name) => await stowage.engine.mount(name, 'id')));
    await Promise.all(names.map(async (name) => await fill(stowage, name, name)));
    for (const name of names) assert.equal(await content(stowage, name), name);
    assert.deepEqual(new Set((await stowage.engine.list()).map(({ Name }) => Name)), new Set(names));
    await Promise.all(names.map(async (name) => await stowage.engine.unmount(name, 'id')));
  });

  it('knows its volumes, their mounts and their data after it was killed and started again', async () => {
    const { stowage } = get();
    const { engine } = stowage;
    await create('db');
    await fill(stowage, 'db', 'kept');
    const mountPoint = await engine.mount('db', 'id');
    const before = await engine.get('db');
    await stowage.kill9();
    await stowage.start();
    const { Status: _then, ...after } = await engine.get('db');
    const { Status: _before, ...asBefore } = before;
    assert.deepEqual(after, asBefore);
    assert.equal(await engine.path('db'), mountPoint);
    if (variant.volatile !== true) assert.equal(await content(stowage, 'db'), 'kept');
    await engine.unmount('db', 'id');
    assert.deepEqual(stowage.mounts(), []);
  });
}

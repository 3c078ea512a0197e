import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { VolumeDriverDefinition } from '../../../plugin/core/ports/volume-driver.ts';
import { refusalOf } from '../../support/engine-client.ts';
import { content, fill } from '../../support/volume-files.ts';
import type { VolumeVariant } from '../volume-driver/bench.ts';
import type { GetBench } from './index.ts';

/** Create of what exists, and what a driver may be able to do beyond the required calls. */
export function changeChecks<Options>(
  get: GetBench,
  definition: VolumeDriverDefinition<Options>,
  variant: VolumeVariant,
): void {
  const create = async (name: string, more: Record<string, string> = {}): Promise<void> =>
    await get().stowage.engine.create(name, { ...variant.options(get().directory), ...more });

  it('takes an equal Create again, and every other call twice', async () => {
    const { stowage } = get();
    const { engine } = stowage;
    await create('db');
    await create('db', { backend: definition.name });
    await engine.create('db', {});
    await fill(stowage, 'db', 'kept');
    await create('db');
    if (variant.volatile !== true) assert.equal(await content(stowage, 'db'), 'kept');
    await engine.remove('db');
    await engine.remove('db');
    assert.deepEqual(await engine.list(), []);
  });

  it('refuses an unequal Create and changes nothing', async () => {
    const { engine } = get().stowage;
    await create('db');
    const before = await engine.list();
    const refusal = await refusalOf(engine.create('db', { from: 'other' }));
    assert.equal(refusal.code, 'E_VOLUME_EXISTS');
    assert.deepEqual(await engine.list(), before);
  });

  it('grows where it says that it can, and never shrinks', async () => {
    const { larger } = variant;
    if (larger === undefined) return;
    const { engine } = get().stowage;
    await create('db');
    const { size } = await engine.status('db');
    await engine.create('db', larger(get().directory));
    assert.notEqual((await engine.status('db'))['size'], size);
    const smaller = engine.create('db', variant.options(get().directory));
    // A disk that nodes share has at least what is asked for.
    if (definition.capabilities.scope === 'global') await smaller;
    else assert.equal((await refusalOf(smaller)).code, 'E_VOLUME_EXISTS');
    assert.notEqual((await engine.status('db'))['size'], size);
  });

  it('clones where it says that it can, and refuses where not', async () => {
    const { stowage } = get();
    await create('db');
    await fill(stowage, 'db', 'kept');
    if (variant.clonable) {
      await stowage.engine.create('copy', { from: 'db' });
      if (variant.volatile !== true) assert.equal(await content(stowage, 'copy'), 'kept');
    } else if (variant.keptOnRemove !== true) {
      const refusal = await refusalOf(stowage.engine.create('copy', { from: 'db' }));
      assert.equal(refusal.code, 'E_NOT_SUPPORTED');
    }
    const absent = await refusalOf(stowage.engine.create('other', { from: 'absent' }));
    assert.equal(absent.code, 'E_VOLUME_NOT_FOUND');
  });
}

import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { VolumeDriverDefinition } from '../../../plugin/core/ports/volume-driver.ts';
import { refusalOf } from '../../support/engine-client.ts';
import type { GetBench } from './index.ts';

/** The calls that are about no volume, or about none that exists. */
export function callChecks<Options>(get: GetBench, definition: VolumeDriverDefinition<Options>): void {
  it('activates as a volume driver with the scope of its backend', async () => {
    const { engine } = get().stowage;
    assert.deepEqual(await engine.activate(), ['VolumeDriver']);
    assert.deepEqual(await engine.capabilities(), { Scope: definition.capabilities.scope });
    assert.deepEqual(await engine.list(), []);
  });

  it('says of a volume that does not exist that it does not, and lets it be unmounted and removed', async () => {
    const { engine } = get().stowage;
    for (const call of ['Get', 'Path', 'Mount']) {
      const refusal = await refusalOf(engine.ask(`VolumeDriver.${call}`, { Name: 'none', ID: 'id' }));
      assert.equal(refusal.code, 'E_VOLUME_NOT_FOUND');
    }
    await engine.unmount('none', 'id');
    await engine.remove('none');
  });

  it('refuses an unknown option, and names the nearest', async () => {
    const { engine } = get().stowage;
    for (const name of ['reclaimPolice', 'siez']) {
      const refusal = await refusalOf(engine.create('db', { [name]: 'x' }));
      assert.equal(refusal.code, 'E_INVALID_OPTION');
      assert.match(refusal.message, /did you mean "(reclaimPolicy|size)"\?/);
    }
    for (const name of ['', '-db', 'a/b', 'ä', 'x'.repeat(129)])
      assert.equal((await refusalOf(engine.create(name, {}))).code, 'E_INVALID_NAME');
    assert.deepEqual(await engine.list(), []);
  });
}

import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { VolumeDriverDefinition } from '../../../plugin/core/ports/volume-driver.ts';
import { refusalOf } from '../../support/engine-client.ts';
import type { VolumeVariant } from '../volume-driver/bench.ts';
import type { GetBench } from './index.ts';

/** Bad options of an otherwise good volume: one clear line, and nothing is made. */
export function refusalChecks<Options>(
  get: GetBench,
  { options: { fields } }: VolumeDriverDefinition<Options>,
  variant: VolumeVariant,
): void {
  const bad = ['', '\u0000', '../../etc', 'x'.repeat(5_000), '-1', 'true\nfalse', '\u202e'];

  for (const field of Object.keys(fields)) {
    it(`refuses nonsense as ${field}, in one line, and makes nothing`, async () => {
      const { stowage, directory } = get();
      for (const value of bad) {
        const call = stowage.engine.create('db', { ...variant.options(directory), [field]: value });
        const outcome = await call.then(
          () => undefined,
          async () => await refusalOf(call),
        );
        // Empty means nothing for some; then it must mean nothing at all.
        if (outcome === undefined) {
          assert.equal(value.trim(), '', `${field}=${JSON.stringify(value)} was taken`);
          await stowage.engine.remove('db');
          continue;
        }
        assert.doesNotMatch(outcome.message, /[\n\u0000\u202e]/);
        assert.ok(outcome.message.length < 1_000);
        assert.notEqual(outcome.code, 'E_INTERNAL');
      }
      assert.deepEqual(await stowage.engine.list(), []);
    });
  }
}

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { it } from 'node:test';
import type { VolumeDriverDefinition } from '../../../plugin/core/ports/volume-driver.ts';
import type { WithVolume } from './bench.ts';

/** `from`, for drivers and variants that clone. */
export function cloneChecks<Options>(
  withVolume: WithVolume<Options>,
  definition: VolumeDriverDefinition<Options>,
): void {
  it('clones: same data, own life', async () => {
    assert.equal(definition.capabilities.clone, true);
    await withVolume(async (source, target, bench) => {
      const { driver } = bench;
      await driver.mount(source, target);
      await writeFile(join(target, 'file'), 'of the source');
      await driver.unmount(source, target);
      const given = definition.options.inherit(source.given, { from: source.name });
      const clone = bench.volume(`c-${randomUUID()}`, { ...given });
      const cloneTarget = await bench.target(clone.name);
      await driver.create(clone, { volume: source, target: undefined });
      try {
        await Promise.all([driver.mount(source, target), driver.mount(clone, cloneTarget)]);
        assert.equal(await readFile(join(cloneTarget, 'file'), 'utf8'), 'of the source');
        await writeFile(join(cloneTarget, 'file'), 'of the clone');
        assert.equal(await readFile(join(target, 'file'), 'utf8'), 'of the source');
      } finally {
        await driver.unmount(clone, cloneTarget);
        await driver.remove(clone);
      }
    });
  });

  it('refuses to clone what is in use, and leaves nothing behind', async () => {
    await withVolume(async (source, target, bench) => {
      await bench.driver.mount(source, target);
      const given = definition.options.inherit(source.given, { from: source.name });
      const clone = bench.volume(`c-${randomUUID()}`, { ...given });
      await assert.rejects(bench.driver.create(clone, { volume: source, target }), {
        code: 'E_VOLUME_IN_USE',
      });
      assert.equal(
        (await bench.driver.discover()).some(({ name }) => name === clone.name),
        false,
      );
    });
  });
}

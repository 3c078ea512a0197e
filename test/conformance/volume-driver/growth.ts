import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { it } from 'node:test';
import type { VolumeDriverDefinition } from '../../../plugin/core/ports/volume-driver.ts';
import type { VolumeVariant, WithVolume } from './bench.ts';

/** A larger size, for drivers and variants that grow. */
export function growthChecks<Options>(
  withVolume: WithVolume<Options>,
  definition: VolumeDriverDefinition<Options>,
  larger: NonNullable<VolumeVariant['larger']>,
): void {
  it('grows, mounted or not, and keeps what is in it', async () => {
    assert.equal(definition.capabilities.grow, true);
    await withVolume(async (volume, target, bench) => {
      await bench.driver.mount(volume, target);
      await writeFile(join(target, 'file'), 'kept');
      const before = (await bench.host.fileSystems.space(target)).sizeBytes;
      const grown = { ...bench.volume(volume.name, larger(bench.directory)), createdAt: volume.createdAt };
      await bench.driver.grow(grown, target);
      assert.ok((await bench.host.fileSystems.space(target)).sizeBytes > before * 1.2);
      assert.equal(await readFile(join(target, 'file'), 'utf8'), 'kept');
    });
    await withVolume(async (volume, target, bench) => {
      const grown = { ...bench.volume(volume.name, larger(bench.directory)), createdAt: volume.createdAt };
      await bench.driver.mount(volume, target);
      const before = (await bench.host.fileSystems.space(target)).sizeBytes;
      await bench.driver.unmount(volume, target);
      await bench.driver.grow(grown, undefined);
      await bench.driver.mount(grown, target);
      assert.ok((await bench.host.fileSystems.space(target)).sizeBytes > before * 1.2);
    });
  });
}

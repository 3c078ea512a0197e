import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { it } from 'node:test';
import type { Volume, VolumeDriverDefinition } from '../../../plugin/core/ports/volume-driver.ts';
import { hasCapability } from '../../support/capabilities.ts';
import type { Bench, VolumeVariant, WithVolume } from './bench.ts';

/** A larger size, for drivers and variants that grow. */
export function growthChecks<Options>(
  withVolume: WithVolume<Options>,
  definition: VolumeDriverDefinition<Options>,
  variant: VolumeVariant,
): void {
  const { larger } = variant;
  if (larger === undefined) return;
  const grownOf = (volume: Volume<Options>, bench: Bench<Options>): Volume<Options> => ({
    ...bench.volume(volume.name, larger(bench.directory)),
    createdAt: volume.createdAt,
  });
  const isAble = variant.growsInUseWith === undefined || hasCapability(variant.growsInUseWith);
  const assertGrown = async (bench: Bench<Options>, target: string, before: number): Promise<void> => {
    const grows = isAble || variant.growsWhenMounted !== false;
    const { sizeBytes } = await bench.host.fileSystems.space(target);
    assert.ok(grows ? sizeBytes > before * 1.2 : sizeBytes === before);
  };

  it('grows while it is mounted, and keeps what is in it', async () => {
    assert.equal(definition.capabilities.grow, true);
    await withVolume(async (volume, target, bench) => {
      await bench.driver.mount(volume, target);
      await writeFile(join(target, 'file'), 'kept');
      const before = (await bench.host.fileSystems.space(target)).sizeBytes;
      const grown = grownOf(volume, bench);
      if (isAble) {
        await bench.driver.grow(grown, target);
      } else {
        await assert.rejects(bench.driver.grow(grown, target), {
          code: 'E_HOST_FAILED',
          remedy: /CAP_SYS_RESOURCE/,
        });
        await bench.driver.unmount(volume, target);
        await bench.driver.mount(grown, target);
      }
      await assertGrown(bench, target, before);
      if (variant.volatile !== true) assert.equal(await readFile(join(target, 'file'), 'utf8'), 'kept');
    });
  });

  it('grows while it is not mounted, at the next mount', async () => {
    await withVolume(async (volume, target, bench) => {
      const grown = grownOf(volume, bench);
      await bench.driver.mount(volume, target);
      const before = (await bench.host.fileSystems.space(target)).sizeBytes;
      await bench.driver.unmount(volume, target);
      await bench.driver.grow(grown, undefined);
      await bench.driver.mount(grown, target);
      await assertGrown(bench, target, before);
    });
  });
}

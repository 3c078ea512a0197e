import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe } from 'node:test';
import type { VolumeDriverDefinition } from '../../../plugin/core/ports/volume-driver.ts';
import {
  onThisMachine,
  openBench,
  withVolumeOf,
  type Bench,
  type Surroundings,
  type VolumeVariant,
} from './bench.ts';
import { cloneChecks } from './clones.ts';
import { growthChecks } from './growth.ts';
import { lifeChecks } from './life.ts';

/**
 * What every volume driver promises (plugin/core/ports/volume-driver.ts), run against the real host. A new driver gets
 * it with one call that names its variants.
 */
export function volumeDriverConformance<Options>(
  definition: VolumeDriverDefinition<Options>,
  variants: readonly VolumeVariant[],
  surround: (root: string) => Promise<Surroundings> = onThisMachine,
): void {
  describe(`volume driver ${definition.name}`, () => {
    let root: string;
    let bench: Bench<Options>;
    let surroundings: Surroundings;
    before(async () => {
      root = await mkdtemp(join(tmpdir(), 'stowage-conformance-'));
      surroundings = await surround(root);
      bench = await openBench(definition, root, surroundings);
    });
    after(async () => {
      await bench.driver.close();
      await bench.driver.close();
      await surroundings.close();
      const table = await bench.host.mounts.table();
      assert.deepEqual(
        table.filter((entry) => entry.target.startsWith(root)),
        [],
      );
      await rm(root, { recursive: true });
    });
    for (const variant of variants) {
      describe(variant.name, () => {
        const withVolume = withVolumeOf(() => bench, variant);
        lifeChecks(withVolume, variant);
        growthChecks(withVolume, definition, variant);
        if (variant.clonable) cloneChecks(withVolume, definition);
      });
    }
  });
}

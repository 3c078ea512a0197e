import { mkdirSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, describe } from 'node:test';
import type { VolumeDriverDefinition } from '../../../plugin/core/ports/volume-driver.ts';
import { type Stowage, startStowage } from '../../support/stowage.ts';
import { removeAll } from '../../support/use-stowage.ts';
import { onThisMachine, type Surroundings, type VolumeVariant } from '../volume-driver/bench.ts';
import { callChecks } from './calls.ts';
import { changeChecks } from './changes.ts';
import { referenceChecks } from './references.ts';
import { refusalChecks } from './refusals.ts';

/** The running program, and the directory that `path` options may use. */
export interface WireBench {
  readonly stowage: Stowage;
  readonly directory: string;
}

/** What a check is given. */
export type GetBench = () => WireBench;

/**
 * What the whole program promises whatever its backend: the same suite over the socket of the real program. A new driver
 * gets it with one call that names its variants.
 */
export function wireConformance<Options>(
  definition: VolumeDriverDefinition<Options>,
  variants: readonly VolumeVariant[],
  surround: (root: string) => Promise<Surroundings> = onThisMachine,
): void {
  describe(`backend ${definition.name} over the wire`, () => {
    let bench: WireBench | undefined;
    let root: string;
    let surroundings: Surroundings | undefined;
    const get: GetBench = () => {
      if (bench === undefined) throw new Error('the program has not been started');
      return bench;
    };
    before(async () => {
      root = await mkdtemp(join(tmpdir(), 'stowage-wire-'));
      surroundings = await surround(root);
      bench = await startProgram(definition.name, surroundings);
    });
    afterEach(async () => await removeAll(get().stowage));
    after(async () => {
      await bench?.stowage.close();
      await surroundings?.close();
      await rm(root, { recursive: true });
    });
    callChecks(get, definition);
    for (const variant of variants) {
      describe(variant.name, () => {
        referenceChecks(get, variant);
        changeChecks(get, definition, variant);
        refusalChecks(get, definition, variant);
      });
    }
  });
}

async function startProgram(
  backend: string,
  { hostSys, environment = {} }: Surroundings,
): Promise<WireBench> {
  const stowage = await startStowage({
    environment: (root) => ({
      STOWAGE_BACKEND: backend,
      STOWAGE_PATH_ROOTS: root,
      STOWAGE_DETACH_GRACE: '0',
      ...(hostSys !== undefined && { STOWAGE_HOST_SYS: hostSys }),
      ...environment,
    }),
  });
  const directory = join(stowage.root, 'shared');
  mkdirSync(directory);
  return { stowage, directory };
}

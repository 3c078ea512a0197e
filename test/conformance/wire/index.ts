import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, afterEach, before, describe } from 'node:test';
import type { VolumeDriverDefinition } from '../../../plugin/core/ports/volume-driver.ts';
import { type Stowage, startStowage } from '../../support/stowage.ts';
import { removeAll } from '../../support/use-stowage.ts';
import type { VolumeVariant } from '../volume-driver/bench.ts';
import { callChecks } from './calls.ts';
import { changeChecks } from './changes.ts';
import { referenceChecks } from './references.ts';
import { refusalChecks } from './refusals.ts';

/** What the program finds outside of itself. */
export interface WireSurroundings {
  /** Settings that point it to its cloud. */
  readonly environment: Readonly<Record<string, string>>;
  close(): Promise<void>;
}

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
  surround: () => Promise<WireSurroundings> = onThisMachine,
): void {
  describe(`backend ${definition.name} over the wire`, () => {
    let bench: WireBench | undefined;
    let surroundings: WireSurroundings | undefined;
    const get: GetBench = () => {
      if (bench === undefined) throw new Error('the program has not been started');
      return bench;
    };
    before(async () => {
      surroundings = await surround();
      bench = await startProgram(definition.name, surroundings.environment);
    });
    afterEach(async () => await removeAll(get().stowage));
    after(async () => {
      await bench?.stowage.close();
      await surroundings?.close();
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
  environment: Readonly<Record<string, string>>,
): Promise<WireBench> {
  const stowage = await startStowage({
    environment: (root) => ({
      STOWAGE_BACKEND: backend,
      STOWAGE_PATH_ROOTS: root,
      STOWAGE_DETACH_GRACE: '0',
      ...environment,
    }),
  });
  const directory = join(stowage.root, 'shared');
  mkdirSync(directory);
  return { stowage, directory };
}

async function onThisMachine(): Promise<WireSurroundings> {
  return await Promise.resolve({ environment: {}, close: async () => await Promise.resolve() });
}

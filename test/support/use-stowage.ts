import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, afterEach, before, type TestContext } from 'node:test';
import { eventually } from './eventually.ts';
import { type Stowage, type StowageSettings, startStowage } from './stowage.ts';

/** Starts the program for one test. When the test ends, it is stopped as an engine does and must have leaked nothing. */
export async function useStowage(context: TestContext, settings: StowageSettings = {}): Promise<Stowage> {
  const stowage = await startStowage(settings);
  context.after(async () => {
    await stowage.close();
  });
  return stowage;
}

/** Asserts that nothing is mounted any more, no loop device is bound and nothing half-made lies in the data directory. */
export async function assertNothingLeft(stowage: Stowage): Promise<void> {
  await eventually(() => {
    assert.deepEqual(stowage.mounts(), [], 'mounts are left');
    assert.deepEqual(stowage.loops(), [], 'loop devices are left');
    assert.deepEqual(namesIn(stowage.see(stowage.mountsDirectory)), [], 'mount points are left');
    for (const name of ['staging', 'trash']) {
      assert.deepEqual(namesIn(join(stowage.dataDirectory, name)), [], `${name} is not empty`);
    }
  }, 5_000);
}

/** Removes all volumes, which nobody may be using, and asserts that nothing is left. */
export async function removeAll(stowage: Stowage): Promise<void> {
  for (const { Name } of await stowage.engine.list()) await stowage.engine.remove(Name);
  assert.deepEqual(namesIn(join(stowage.dataDirectory, 'volumes')), []);
  await assertNothingLeft(stowage);
}

/**
 * One program for all tests of a describe block. After each test all volumes are removed, and nothing may be left; at the
 * end nothing may have leaked.
 */
export function shareStowage(settings: StowageSettings = {}): { readonly current: Stowage } {
  let stowage: Stowage | undefined;
  const current = (): Stowage => {
    if (stowage === undefined) throw new Error('the program has not been started');
    return stowage;
  };
  before(async () => {
    stowage = await startStowage(settings);
  });
  afterEach(async () => await removeAll(current()));
  after(async () => await stowage?.close());
  return {
    get current() {
      return current();
    },
  };
}

/** Names in a directory; none when it is absent. */
export function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}

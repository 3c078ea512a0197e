import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { eventually } from '../support/eventually.ts';
import { PlainProcess } from '../support/plain-process.ts';
import type { Scenario, Scenarios } from '../support/scenario.ts';
import { ALONE, Stage } from '../support/stage.ts';
import { mobyCounted } from './moby-counted.ts';

/**
 * Plays on a plain process that the engine has never spoken to, as moby starts a new engine for each test: an engine
 * greets such a plugin with Plugin.Activate, and only once.
 */
function onNewProcess(name: string, test: (stage: Stage, process: PlainProcess) => Promise<void>): Scenario {
  return async ({ engine }) => {
    const process = new PlainProcess(engine, name);
    await process.start();
    try {
      await test(new Stage(engine, process), process);
    } finally {
      await process.stop();
    }
  };
}

/** Waits until the engine has logged this often that it looks again for a plugin. */
async function lookedFor(stage: Stage, plugin: string, times: number): Promise<void> {
  await eventually(`the engine has looked ${String(times)} times for ${plugin}`, async () => {
    const lines = (await readFile(stage.engine.logPath, 'utf8')).split('\n');
    const retries = lines.filter((line) => line.includes(plugin) && line.includes('retrying in'));
    return retries.length >= times ? true : undefined;
  });
}

/** The tests of moby-managed.ts where it matters that the plugin is a plain process; names are moby's. */
export const mobyPlainProcess: Scenarios = {
  ...Object.fromEntries(
    Object.entries(mobyCounted).map(([name, test]) => [
      `${name} (plain process)`,
      onNewProcess(`plain-${name.slice(-6).toLowerCase()}`, async (stage) => await test(stage, 1)),
    ]),
  ),

  'TestExternalVolumeDriverCapabilities (plain process)': onNewProcess(
    'plain-capabilities',
    async (stage) => {
      const counts = await stage.driver.calls.during(async () => {
        for (const name of ['test0', 'test1', 'test2']) {
          await stage.create(name);
          // moby's fake is global; the volumes of Stowage's local backend are of this machine.
          assert.equal(await stage.docker('volume', 'inspect', '--format', '{{.Scope}}', name), 'local');
        }
      });
      assert.equal(counts.capabilities, 1);
      await stage.docker('volume', 'rm', 'test0', 'test1', 'test2');
    },
  ),

  'TestExternalVolumeDriverRetryNotImmediatelyExists (plain process)': async ({ engine }) => {
    const process = new PlainProcess(engine, 'plain-late');
    const stage = new Stage(engine, process);
    try {
      const running = stage.docker(
        'run',
        ...ALONE,
        '--rm',
        '-v',
        'late:/data',
        '--volume-driver',
        'plain-late',
        'busybox',
        'true',
      );
      await lookedFor(stage, 'plain-late', 2);
      await process.start();
      await running;
      await stage.docker('volume', 'rm', 'late');
      const counts = await process.calls.ever();
      const { activate, create, remove, mount, unmount } = counts;
      assert.deepEqual(
        { activate, create, remove, mount, unmount },
        { activate: 1, create: 1, remove: 1, mount: 1, unmount: 1 },
      );
    } finally {
      await process.stop();
    }
  },

  'TestExternalVolumeDriverLookupNotBlocked (plain process)': onNewProcess(
    'plain-down',
    async (stage, process) => {
      // Killed, it leaves a socket behind that nobody answers on.
      await process.kill();
      const waiting = await stage.api.begin('POST', '/volumes/create', {
        Name: 'patient',
        Driver: 'plain-down',
      });
      await lookedFor(stage, 'plain-down', 1);
      const first = await Promise.race([
        waiting.status.then(() => 'the create that waits for the driver'),
        stage.docker('volume', 'create', 'not-blocked').then(() => 'the other create'),
      ]);
      assert.equal(first, 'the other create');
      // Beyond moby: once it is up again, so is the volume that was asked for.
      await process.start();
      assert.equal(await waiting.status, 201);
      await stage.docker('volume', 'rm', 'patient', 'not-blocked');
    },
  ),
};

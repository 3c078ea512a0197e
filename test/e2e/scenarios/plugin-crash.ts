import assert from 'node:assert/strict';
import { existsSync, readdirSync, watch } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { eventually } from '../support/eventually.ts';
import type { ManagedPlugin } from '../support/managed-plugin.ts';
import type { Scenario, Scenarios } from '../support/scenario.ts';
import type { Stage } from '../support/stage.ts';
import { lastNumber, Writer } from '../support/writer.ts';

/** Kills the plugin, and waits until the engine has started it again and it answers. */
async function crashPlugin({ driver }: Stage<ManagedPlugin>): Promise<void> {
  const before = await driver.pid();
  process.kill(before, 'SIGKILL');
  await eventually('the engine starts the plugin again', async () => {
    if ((await driver.pid()) === before) return undefined;
    return await driver.client.call('VolumeDriver.List');
  });
}

/** Stowage sees in the kernel who has the volume, beyond what it was told by the engine. */
async function isHeldBy(stage: Stage, container: string): Promise<void> {
  const id = await stage.docker('inspect', '--format', '{{.Id}}', container);
  const { Err } = await stage.driver.client.call('VolumeDriver.Remove', { Name: 'ledger' });
  assert.match(String(Err), new RegExp(`in use by container ${id.slice(0, 12)} `));
}

/** A container writes to a volume with these options all the while the plugin is killed and starts again. */
export function underAWriter(...options: string[]): Scenario {
  return async (stage) => {
    await stage.create('ledger', ...options);
    const writer = await Writer.start(stage, 'clerk', 'ledger');
    await crashPlugin(stage);
    await writer.goesOn();
    assert.equal(await stage.status('ledger', 'mountIds'), '1');
    await isHeldBy(stage, 'clerk');
    await stage.run('ledger', 'test -s /data/numbers');
    assert.equal(
      await stage.status('ledger', 'mountIds'),
      '1',
      'the second container gave back its own claim only',
    );
    await writer.goesOn();
    const written = await writer.written();
    await stage.docker('rm', '--force', 'clerk');
    assert.equal(await stage.status('ledger', 'mountIds'), '0');
    assert.ok(lastNumber(`${await stage.run('ledger', 'cat /data/numbers')}\n`) >= written);
  };
}

/** `kill -9` of the plugin's process. */
export const pluginCrash: Scenarios = {
  'a container goes on writing to a directory volume': underAWriter(),

  'a container goes on writing to a volume with size': underAWriter('size=32MiB'),

  'a container goes on writing to memory, which is given back with the container': async (stage) => {
    await stage.create('ledger', 'medium=memory', 'size=8MiB');
    const writer = await Writer.start(stage, 'clerk', 'ledger');
    await crashPlugin(stage);
    await writer.goesOn();
    assert.equal(await stage.run('ledger', 'head -n 1 /data/numbers'), '1');
    await writer.goesOn();
    await stage.docker('rm', '--force', 'clerk');
    assert.equal(await stage.status('ledger', 'mountIds'), '0');
    assert.equal(await stage.run('ledger', 'ls -A /data'), '');
  },

  'a container may be stopped and started right after': async (stage) => {
    await stage.create('ledger', 'size=32MiB');
    const writer = await Writer.start(stage, 'clerk', 'ledger');
    process.kill(await stage.driver.pid(), 'SIGKILL');
    await stage.docker('restart', 'clerk');
    await writer.startedAgain();
    await writer.goesOn();
    assert.equal(await stage.status('ledger', 'mountIds'), '1');
    await stage.docker('rm', '--force', 'clerk');
  },

  'cp on a container that outlived the crash takes no claim from it': async (stage) => {
    await stage.create('ledger', 'size=32MiB');
    const writer = await Writer.start(stage, 'clerk', 'ledger');
    await crashPlugin(stage);
    await stage.docker('cp', 'clerk:/data/numbers', join(stage.engine.directory, 'copied'));
    assert.equal(await stage.status('ledger', 'mountIds'), '1');
    await writer.goesOn();
    await stage.docker('rm', '--force', 'clerk');
    assert.equal(await stage.status('ledger', 'mountIds'), '0');
  },

  'volumes that were being made are made by a repeat, and no half of one is left': async (stage) => {
    const names = ['one', 'two', 'three', 'four'];
    const create = (name: string): string[] => [
      'volume',
      'create',
      '--driver',
      stage.driver.name,
      '--opt',
      'size=200MiB',
      name,
    ];
    const pid = await stage.driver.pid();
    const staging = join(stage.driver.dataDirectory, 'staging');
    const isBeingMade = nextChangeIn(staging);
    const begun = names.map(async (name) => await stage.engine.dockerRaw(create(name)));
    await isBeingMade;
    process.kill(pid, 'SIGKILL');
    await Promise.all(begun);
    for (const name of names) await stage.docker(...create(name));
    for (const name of names)
      assert.equal(await stage.run(name, 'echo whole > /data/page; cat /data/page'), 'whole');
    assert.deepEqual(namesIn(staging), []);
  },
};

/** Resolves when something happens in a directory that is there or comes: an idle machine is faster than polls. */
async function nextChangeIn(directory: string): Promise<void> {
  await new Promise<void>((resolve) => {
    const watchers = [watch(dirname(directory)), ...(existsSync(directory) ? [watch(directory)] : [])];
    for (const [index, watcher] of watchers.entries()) {
      watcher.on('change', (_kind, name) => {
        if (index === 0 && name !== basename(directory)) return;
        for (const open of watchers) open.close();
        resolve();
      });
    }
  });
}

function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}

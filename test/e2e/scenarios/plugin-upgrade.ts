import assert from 'node:assert/strict';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from '../../../scripts/lib/run.ts';
import { builtPlugin, LOG_EVERYTHING, type ManagedPlugin } from '../support/managed-plugin.ts';
import { Registry } from '../support/registry.ts';
import type { Scenarios } from '../support/scenario.ts';
import type { Stage } from '../support/stage.ts';
import { Writer } from '../support/writer.ts';

/** What the next version is told apart by. */
const MARK = 'stowage/this-is-the-next-version';

/** Pushes what there is in the directory, and forgets it. */
async function publish(stage: Stage, reference: string, directory: string): Promise<void> {
  await stage.docker('plugin', 'create', reference, directory);
  await stage.docker('plugin', 'push', reference);
  await stage.docker('plugin', 'rm', reference);
}

/** The same plugin with one file more: Docker takes no second plugin with the same files. */
async function makeNextVersion(stage: Stage): Promise<string> {
  const directory = join(stage.engine.directory, 'next');
  await run('cp', ['--archive', '--link', await builtPlugin(), directory]);
  await writeFile(join(directory, 'rootfs', MARK), '');
  return directory;
}

async function isNextVersion(stage: Stage<ManagedPlugin>): Promise<boolean> {
  const root = `/proc/${String(await stage.driver.pid())}/root`;
  return await run('ls', [join(root, MARK)]).then(
    () => true,
    () => false,
  );
}

/** Ends with the plugin installed as it was, from the registry. */
export const pluginUpgrade: Scenarios = {
  'plugin rm --force and a new installation find volumes, data and running containers': async (stage) => {
    await stage.create('shelf', 'size=32MiB');
    await stage.run('shelf', 'echo data > /data/page');
    await stage.create('papers', 'uid=7');
    const writer = await Writer.start(stage, 'clerk', 'papers');
    const before = await stage.driver.id();
    await stage.docker('plugin', 'rm', '--force', 'stowage');
    await writer.goesOn();
    await stage.docker('plugin', 'create', 'stowage', await builtPlugin());
    await stage.docker('plugin', 'set', 'stowage', LOG_EVERYTHING);
    await stage.docker('plugin', 'enable', '--timeout', '0', 'stowage');
    assert.notEqual(await stage.driver.id(), before);
    assert.deepEqual((await stage.driver.client.volumes()).toSorted(), ['papers', 'shelf']);
    assert.equal(await stage.run('shelf', 'cat /data/page'), 'data');
    assert.equal(await stage.status('shelf', 'size'), '32MiB');
    await writer.goesOn();
    await stage.docker('restart', 'clerk');
    await writer.startedAgain();
    await writer.goesOn();
    assert.equal(await stage.status('papers', 'mountIds'), '1');
    await stage.docker('rm', '--force', 'clerk');
  },

  'an upgrade from a registry keeps volumes, labels, data and running containers': async (stage) => {
    const registry = await Registry.start(stage.engine);
    try {
      const [first, second] = [`${registry.address}/team/stowage:1`, `${registry.address}/team/stowage:2`];
      await stage.docker('plugin', 'rm', '--force', 'stowage');
      await publish(stage, first, await builtPlugin());
      await stage.docker(
        'plugin',
        'install',
        '--grant-all-permissions',
        '--alias',
        'stowage',
        first,
        LOG_EVERYTHING,
      );
      await stage.docker(
        'volume',
        'create',
        '--driver',
        'stowage',
        '--label',
        'team=a',
        '--opt',
        'size=32MiB',
        'shelf',
      );
      await stage.run('shelf', 'echo data > /data/page');
      const writer = await Writer.start(stage, 'clerk', 'papers');
      assert.equal(await isNextVersion(stage), false);

      const next = await makeNextVersion(stage);
      await publish(stage, second, next);
      await rm(next, { recursive: true });
      await stage.docker('plugin', 'disable', '--force', 'stowage');
      await stage.docker(
        'plugin',
        'upgrade',
        '--grant-all-permissions',
        '--skip-remote-check',
        'stowage',
        second,
      );
      await stage.docker('plugin', 'enable', '--timeout', '0', 'stowage');

      assert.equal(await isNextVersion(stage), true);
      await writer.goesOn();
      assert.equal(await stage.run('shelf', 'cat /data/page'), 'data');
      const shelf = await stage.inspect('shelf');
      assert.deepEqual(shelf.Labels, { team: 'a' });
      assert.deepEqual(shelf.Options, { size: '32MiB' });
      await stage.docker('restart', 'clerk');
      await writer.startedAgain();
      await writer.goesOn();
      assert.equal(await stage.status('papers', 'mountIds'), '1');
      await stage.docker('rm', '--force', 'clerk');
    } finally {
      await registry.stop();
    }
  },
};

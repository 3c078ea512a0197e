import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Scenarios } from '../support/scenario.ts';
import { Writer } from '../support/writer.ts';

/** `docker cp`: on a running container the engine mounts once more with the very ID that the container has. */
export const dockerCp: Scenarios = {
  'cp on a running container takes no claim from it': async (stage) => {
    await stage.create('papers', 'size=32MiB');
    const writer = await Writer.start(stage, 'author', 'papers');
    const file = join(stage.engine.directory, 'copied');
    const counts = await stage.driver.calls.during(async () => {
      await stage.docker('cp', 'author:/data/numbers', file);
    }, 'papers');
    assert.equal((await readFile(file, 'utf8')).split('\n')[0], '1');
    assert.ok(counts.mount >= 1);
    assert.equal(counts.mount, counts.unmount, 'the count goes up and down again');
    assert.equal(await stage.status('papers', 'mountIds'), '1');
    await writeFile(file, 'from outside');
    await stage.docker('cp', file, 'author:/data/letter');
    await writer.goesOn();
    assert.equal(await stage.docker('exec', 'author', 'cat', '/data/letter'), 'from outside');
    assert.equal(await stage.status('papers', 'mountIds'), '1');
    await stage.docker('rm', '--force', 'author');
    assert.equal(await stage.status('papers', 'mountIds'), '0');
  },

  'cp on a stopped container mounts, copies and unmounts': async (stage) => {
    await stage.create('papers', 'size=32MiB');
    await stage.start('author', 'papers', 'echo stopped > /data/page');
    await stage.docker('wait', 'author');
    const file = join(stage.engine.directory, 'copied');
    const counts = await stage.driver.calls.during(async () => {
      await stage.docker('cp', 'author:/data/page', file);
    }, 'papers');
    assert.equal(await readFile(file, 'utf8'), 'stopped\n');
    assert.ok(counts.mount >= 1);
    assert.equal(counts.mount, counts.unmount);
    await stage.docker('cp', file, 'author:/data/copy');
    await stage.docker('rm', 'author');
    assert.equal(await stage.run('papers', 'cat /data/page /data/copy'), 'stopped\nstopped');
  },
};

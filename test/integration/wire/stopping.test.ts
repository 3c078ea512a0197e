import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { describe, it } from 'node:test';
import { encode } from '../../support/engine-client.ts';
import { GatedCommand } from '../../support/gated-command.ts';
import { useStowage } from '../../support/use-stowage.ts';

/** An engine kills what has not ended 10 s after SIGTERM. */
const ENGINE_PATIENCE = 10_000;

describe('SIGTERM', () => {
  it('ends an idle program at once, with its connections, and removes the socket file', async (context) => {
    const stowage = await useStowage(context);
    await stowage.engine.capabilities();
    const begun = Date.now();
    assert.deepEqual(await stowage.stop(), { code: 0, signal: null });
    assert.ok(Date.now() - begun < ENGINE_PATIENCE / 2);
    assert.ok(!existsSync(stowage.socket));
    assert.equal(stowage.log().at(-1)?.msg, 'stopping');
  });

  it('leaves mounts and claims to the next start', async (context) => {
    const stowage = await useStowage(context);
    await stowage.engine.create('db');
    const mountPoint = await stowage.engine.mount('db', 'id');
    await stowage.stop();
    assert.equal(stowage.mounts().length, 1);
    await stowage.start();
    assert.equal(await stowage.engine.path('db'), mountPoint);
    await stowage.engine.unmount('db', 'id');
    assert.deepEqual(stowage.mounts(), []);
  });

  it('lets calls under way get their answers', async (context) => {
    const stowage = await useStowage(context);
    const cp = await GatedCommand.install(stowage, '/usr/bin/cp');
    const names = Array.from({ length: 5 }, (_, index) => `clone-${String(index)}`);
    for (const name of names) await stowage.engine.create(`source-of-${name}`);
    const calls = names.map((name) =>
      stowage.engine.begin({
        path: '/VolumeDriver.Create',
        body: encode({ Name: name, Opts: { from: `source-of-${name}` } }),
      }),
    );
    await cp.arrived(names.length);
    const ending = stowage.stop();
    await stowage.logged('stopping');
    await cp.open(names.length);
    for (const { answer } of calls) assert.equal((await answer).text, '{}\n');
    assert.deepEqual(await ending, { code: 0, signal: null });
    assert.ok(!existsSync(stowage.socket));
    await stowage.start();
    assert.equal((await stowage.engine.list()).length, 2 * names.length);
  });

  it('does not wait longer than the engine does, and the next start undoes what was under way', async (context) => {
    const stowage = await useStowage(context);
    const cp = await GatedCommand.install(stowage, '/usr/bin/cp');
    await stowage.engine.create('source');
    const call = stowage.engine.begin({
      path: '/VolumeDriver.Create',
      body: encode({ Name: 'clone', Opts: { from: 'source' } }),
    });
    await cp.arrived();
    const begun = Date.now();
    assert.deepEqual(await stowage.stop(), { code: 0, signal: null });
    assert.ok(Date.now() - begun < ENGINE_PATIENCE);
    await assert.rejects(call.answer);
    assert.ok(!existsSync(stowage.socket));
    await stowage.start();
    assert.deepEqual(
      (await stowage.engine.list()).map(({ Name }) => Name),
      ['source'],
    );
  });
});

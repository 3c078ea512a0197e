import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { EngineClient } from '../../support/engine-client.ts';
import { startStowage, type Stowage } from '../../support/stowage.ts';
import { assertNothingLeft, useStowage } from '../../support/use-stowage.ts';

/** Node closes an idle connection after 5 s unless told otherwise; an engine then loses a call. */
const LONGER_THAN_NODE_WAITS = 6_500;

describe('connections', () => {
  it('are kept open over many calls and while nobody calls', async (context) => {
    const stowage = await useStowage(context);
    const engine = new EngineClient(stowage.socket, 1);
    context.after(() => engine.close());
    await engine.create('db');
    for (let call = 0; call < 300; call += 1) await engine.get('db');
    await sleep(LONGER_THAN_NODE_WAITS);
    await engine.remove('db');
    assert.equal(engine.connectionsMade, 1);
  });

  it('serve 100 engines at a time', async (context) => {
    const stowage = await useStowage(context);
    const scopes = await Promise.all(
      Array.from({ length: 100 }, async () => await stowage.engine.capabilities()),
    );
    assert.equal(scopes.length, 100);
    assert.equal(stowage.engine.connectionsMade, 100);
  });
});

describe('a call without a body', () => {
  let stowage: Stowage;
  let mountPoint: string;

  before(async () => {
    stowage = await startStowage();
    await stowage.engine.create('db');
    mountPoint = await stowage.engine.mount('db', 'id');
  });

  after(async () => {
    await stowage.engine.unmount('db', 'id');
    await stowage.engine.remove('db');
    await assertNothingLeft(stowage);
    await stowage.close();
  });

  for (const call of ['Create', 'Remove', 'Mount', 'Unmount', 'Get', 'Path']) {
    it(`breaks the connection of ${call} off and does nothing`, async () => {
      await assert.rejects(stowage.raw({ path: `/VolumeDriver.${call}` }), { code: 'ECONNRESET' });
      const shown = (await stowage.engine.list()).map(({ Name, Mountpoint }) => [Name, Mountpoint]);
      assert.deepEqual(shown, [['db', mountPoint]]);
      assert.equal((await stowage.engine.status('db'))['mountIds'], '1');
    });
  }

  it('is answered where the call needs none', async () => {
    for (const path of ['/Plugin.Activate', '/VolumeDriver.Capabilities', '/VolumeDriver.List']) {
      assert.equal((await stowage.raw({ path })).status, 200);
    }
  });
});

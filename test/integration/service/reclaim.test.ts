import assert from 'node:assert/strict';
import { existsSync, rmSync } from 'node:fs';
import { describe, it } from 'node:test';
import { refusalOf } from '../../support/engine-client.ts';
import { assertNothingLeft, shareStowage } from '../../support/use-stowage.ts';
import { content, fill, homeOf } from '../../support/volume-files.ts';

describe('reclaim policy', () => {
  const shared = shareStowage();

  it('delete removes the data', async () => {
    const { engine } = shared.current;
    await engine.create('db');
    await fill(shared.current, 'db', 'data');
    await engine.remove('db');
    assert.ok(!existsSync(homeOf(shared.current, 'db')));
    await assertNothingLeft(shared.current);
    assert.equal((await refusalOf(engine.get('db'))).code, 'E_VOLUME_NOT_FOUND');
    await engine.create('db');
    await assert.rejects(content(shared.current, 'db'), { code: 'ENOENT' });
  });

  for (const options of [{}, { size: '32MiB' }] as const) {
    it(`retain keeps the data of a volume with ${JSON.stringify(options)} for the next Create`, async () => {
      const { engine } = shared.current;
      await engine.create('db', { ...options, reclaimPolicy: 'retain' });
      await fill(shared.current, 'db', 'data');
      await engine.remove('db');
      assert.deepEqual(await engine.list(), []);
      assert.equal((await refusalOf(engine.get('db'))).code, 'E_VOLUME_NOT_FOUND');
      assert.equal((await refusalOf(engine.mount('db', 'id'))).code, 'E_VOLUME_NOT_FOUND');
      await shared.current.restart();
      assert.deepEqual(await engine.list(), [], 'still removed after a restart');
      await engine.create('db');
      assert.equal(await content(shared.current, 'db'), 'data');
      assert.equal((await engine.status('db'))['reclaimPolicy'], 'retain');
      // Back to delete, and it is gone for good.
      await engine.create('db', { reclaimPolicy: 'delete' });
      await engine.remove('db');
      assert.ok(!existsSync(homeOf(shared.current, 'db')));
    });
  }

  it('retain refuses other options and says so', async () => {
    const { engine } = shared.current;
    await engine.create('db', { reclaimPolicy: 'retain', uid: '5' });
    await engine.remove('db');
    const refusal = await refusalOf(engine.create('db', { uid: '6' }));
    assert.equal(refusal.code, 'E_VOLUME_EXISTS');
    assert.match(
      refusal.message,
      /the retained data of a volume of this name has other options: uid is 5, not 6/,
    );
    await engine.create('db', { sticky: 'false' });
  });

  it('a second Remove of a retained volume keeps the data', async () => {
    const { engine } = shared.current;
    await engine.create('db', { reclaimPolicy: 'retain' });
    await fill(shared.current, 'db', 'data');
    await engine.remove('db');
    await engine.remove('db');
    await engine.create('db', { reclaimPolicy: 'delete' });
    assert.equal(await content(shared.current, 'db'), 'data');
  });

  it('a retained volume is no source for a clone', async () => {
    const { engine } = shared.current;
    await engine.create('db', { reclaimPolicy: 'retain' });
    await engine.remove('db');
    assert.equal((await refusalOf(engine.create('clone', { from: 'db' }))).code, 'E_VOLUME_NOT_FOUND');
    await engine.create('db', { reclaimPolicy: 'delete' });
  });

  it('what lies where a volume should be, without our mark, is never touched', async () => {
    const { engine } = shared.current;
    await engine.create('other');
    await shared.current.namespace.run(
      'cp',
      '-a',
      homeOf(shared.current, 'other'),
      homeOf(shared.current, 'db'),
    );
    const refusal = await refusalOf(engine.create('db'));
    assert.equal(refusal.code, 'E_VOLUME_EXISTS');
    assert.match(refusal.message, /belongs to another volume or to nobody/);
    assert.ok(existsSync(homeOf(shared.current, 'db')));
    rmSync(homeOf(shared.current, 'db'), { recursive: true });
  });
});

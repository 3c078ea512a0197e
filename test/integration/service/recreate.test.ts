import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { refusalOf } from '../../support/engine-client.ts';
import { shareStowage } from '../../support/use-stowage.ts';
import { content, fill } from '../../support/volume-files.ts';

describe('Create of a volume that exists', () => {
  const shared = shareStowage();

  it('is fine with equal options, however they are spelled, and changes nothing', async () => {
    const { engine } = shared.current;
    await engine.create('db', { uid: '7', mode: '750' });
    const { CreatedAt } = await engine.get('db');
    await fill(shared.current, 'db', 'data');
    for (const options of [{ uid: '007', Mode: '0750' }, { dirMode: '750' }, {}, null])
      await engine.create('db', options);
    assert.equal((await engine.get('db')).CreatedAt, CreatedAt);
    assert.equal(await content(shared.current, 'db'), 'data');
  });

  it('is fine while it is mounted', async () => {
    const { engine } = shared.current;
    await engine.create('db');
    const mountPoint = await engine.mount('db', 'id');
    await engine.create('db');
    assert.equal(await engine.path('db'), mountPoint);
    await engine.unmount('db', 'id');
  });

  const unequal: readonly (readonly [
    first: Record<string, string>,
    then: Record<string, string>,
    difference: RegExp,
  ])[] = [
    [{ uid: '7' }, { uid: '8' }, /uid is 7, not 8/],
    [{}, { mode: '0700' }, /mode is 0755, not 0700/],
    [{}, { size: '32MiB' }, /size is not set, not 33554432B/],
    [{}, { from: 'other' }, /from is not set, not other/],
    [{}, { mountOptions: 'ro' }, /mountOptions is (not set|), not ro/],
    [{ size: '32MiB' }, { size: '31MiB' }, /size is 33554432B, not 32505856B/],
    [{ size: '32MiB' }, { fsType: 'xfs', size: '300MiB' }, /fsType is ext4, not xfs/],
  ];
  for (const [first, then, difference] of unequal) {
    it(`is refused with ${JSON.stringify(then)} after ${JSON.stringify(first)}`, async () => {
      const { engine } = shared.current;
      await engine.create('db', first);
      const refusal = await refusalOf(engine.create('db', then));
      assert.equal(refusal.code, 'E_VOLUME_EXISTS');
      assert.match(refusal.message, difference);
      await engine.create('db', first);
    });
  }

  it('on another backend is refused', async () => {
    const { engine } = shared.current;
    await engine.create('db');
    assert.equal((await refusalOf(engine.create('db', { backend: 'other' }))).code, 'E_BACKEND_NOT_FOUND');
    await engine.create('db', { backend: 'LOCAL' });
  });

  it('changes the reclaim policy', async () => {
    const { engine } = shared.current;
    await engine.create('db');
    await engine.create('db', { reclaimPolicy: 'retain' });
    assert.equal((await engine.status('db'))['reclaimPolicy'], 'retain');
    await engine.create('db', { sticky: 'false' });
    assert.equal((await engine.status('db'))['reclaimPolicy'], 'delete');
  });

  it('never keeps a change that makes no sense for the kind of volume', async () => {
    const { engine } = shared.current;
    await engine.create('db', { medium: 'memory', size: '1MiB' });
    assert.equal(
      (await refusalOf(engine.create('db', { reclaimPolicy: 'retain' }))).code,
      'E_INVALID_OPTION',
    );
    assert.equal((await engine.get('db')).Name, 'db');
    await shared.current.restart();
    assert.equal((await engine.get('db')).Name, 'db');
  });

  it('needs to name only what is to change', async () => {
    const { engine } = shared.current;
    await engine.create('db', { size: '128MiB', fsType: 'btrfs' });
    for (const options of [{ fsType: 'btrfs' }, { size: '128MiB' }]) await engine.create('db', options);
    assert.equal((await refusalOf(engine.create('db', { fsType: 'xfs' }))).code, 'E_INVALID_OPTION');
  });

  it('by many at once makes one volume', async () => {
    const { engine } = shared.current;
    await Promise.all(Array.from({ length: 30 }, async () => await engine.create('db', { size: '32MiB' })));
    assert.equal((await engine.list()).length, 1);
  });

  it('by many at once with different options: the first wins, the others hear why', async () => {
    const { engine } = shared.current;
    const asked = Array.from({ length: 10 }, (_, uid) => engine.create('db', { uid: String(uid) }));
    const outcomes = await Promise.allSettled(asked);
    assert.equal(outcomes.filter(({ status }) => status === 'fulfilled').length, 1);
    for (const outcome of outcomes) {
      if (outcome.status === 'rejected') assert.match(String(outcome.reason), /E_VOLUME_EXISTS/);
    }
  });
});

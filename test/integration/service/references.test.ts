import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { refusalOf } from '../../support/engine-client.ts';
import { shareStowage } from '../../support/use-stowage.ts';

describe('references', () => {
  const shared = shareStowage();

  const mounts = (): string[] => shared.current.mounts().map(({ target }) => target);
  const mountIds = async (): Promise<string | undefined> =>
    (await shared.current.engine.status('db'))['mountIds'];

  it('the first Mount mounts, the last Unmount unmounts', async () => {
    const { engine } = shared.current;
    await engine.create('db');
    const one = await engine.mount('db', 'one');
    assert.deepEqual(mounts(), [one]);
    assert.equal(await engine.mount('db', 'two'), one);
    assert.deepEqual(mounts(), [one], 'mounted once');
    assert.equal(await mountIds(), '2');
    await engine.unmount('db', 'one');
    assert.deepEqual(mounts(), [one]);
    await engine.unmount('db', 'two');
    assert.deepEqual(mounts(), []);
    assert.equal(await mountIds(), '0');
  });

  it('the same ID twice, as `docker cp` sends it, wants two Unmounts', async () => {
    const { engine } = shared.current;
    await engine.create('db');
    await engine.mount('db', 'container');
    await engine.mount('db', 'container');
    await engine.unmount('db', 'container');
    assert.equal(mounts().length, 1, 'the container still runs');
    assert.equal(await mountIds(), '1');
    await engine.unmount('db', 'container');
    assert.deepEqual(mounts(), []);
  });

  it('an unknown ID changes nothing', async () => {
    const { engine } = shared.current;
    await engine.create('db');
    await engine.unmount('db', 'never');
    await engine.mount('db', 'one');
    await engine.unmount('db', 'never');
    await engine.unmount('db', 'One');
    assert.equal(mounts().length, 1);
    await engine.unmount('db', 'one');
    await engine.unmount('db', 'one');
    assert.deepEqual(mounts(), []);
  });

  it('Remove of a mounted volume is refused and names the mount ID', async () => {
    const { engine } = shared.current;
    await engine.create('db');
    await engine.mount('db', 'a'.repeat(64));
    const refusal = await refusalOf(engine.remove('db'));
    assert.equal(refusal.code, 'E_VOLUME_IN_USE');
    assert.match(refusal.message, /^remove volume "db": it is in use by mount ID a{12} \(/);
    assert.equal(mounts().length, 1);
    await engine.unmount('db', 'a'.repeat(64));
  });

  it('survive a restart', async () => {
    const { engine } = shared.current;
    await engine.create('db');
    await engine.mount('db', 'one');
    await engine.mount('db', 'one');
    await engine.mount('db', 'two');
    await shared.current.restart();
    assert.equal(await mountIds(), '2');
    for (const id of ['one', 'two']) await engine.unmount('db', id);
    assert.equal(mounts().length, 1, 'one was mounted twice');
    await engine.unmount('db', 'one');
    assert.deepEqual(mounts(), []);
  });

  it('100 IDs at once leave one mount, and none when they have gone', async () => {
    const { engine } = shared.current;
    await engine.create('db');
    const ids = Array.from({ length: 100 }, (_, index) => `id-${String(index)}`);
    const points = new Set(await Promise.all(ids.map(async (id) => await engine.mount('db', id))));
    assert.equal(points.size, 1);
    assert.equal(mounts().length, 1);
    assert.equal(await mountIds(), '100');
    await Promise.all(ids.map(async (id) => await engine.unmount('db', id)));
    assert.deepEqual(mounts(), []);
  });
});

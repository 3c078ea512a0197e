import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import type { VolumeView } from '../../../plugin/core/volume-service.ts';
import { eventually } from '../../support/eventually.ts';
import { useSharedNodes } from '../../support/shared-nodes.ts';
import { mountsBelow } from '../../support/mount-table.ts';

const MINUTE = 60_000;
const absent = { code: 'E_VOLUME_NOT_FOUND' };
const namesOf = (volumes: readonly VolumeView[]): string[] => volumes.map(({ name }) => name);

describe('volumes that several nodes share', () => {
  it('are found by a node that never saw them', async (context) => {
    const { start } = await useSharedNodes(context);
    const [first, second] = [await start('first'), await start('second')];
    await first.service.create('db', { uid: '7' }, first.call());
    assert.deepEqual(namesOf(await second.service.list(second.call())), ['db']);
    assert.equal((await second.service.get('db', second.call())).name, 'db');
  });

  it('are made once, whoever asks, and are the same for everybody', async (context) => {
    const { start } = await useSharedNodes(context);
    const [first, second] = [await start('first'), await start('second')];
    await first.service.create('db', { uid: '7' }, first.call());
    await second.service.create('db', { uid: '7' }, second.call());
    await assert.rejects(second.service.create('db', { uid: '8' }, second.call()), {
      code: 'E_VOLUME_EXISTS',
    });
    const views = [first, second].map(async ({ service, call }) => await service.get('db', call()));
    const [one, other] = await Promise.all(views);
    assert.deepEqual(one?.createdAt, other?.createdAt);
  });

  it('are forgotten when another node has removed them, but not so soon that a cloud may just not show them', async (context) => {
    const { clock, start } = await useSharedNodes(context);
    const [first, second] = [await start('first'), await start('second')];
    await first.service.create('db', {}, first.call());
    await second.service.remove('db', second.call());
    await assert.rejects(second.service.get('db', second.call()), absent);
    // A Mount looks, finds nothing, and still does not call the volume absent.
    await assert.rejects(first.service.mount('db', 'm', first.call()), { code: 'E_MOUNT_FAILED' });
    assert.equal((await first.service.get('db', first.call())).name, 'db');
    clock.advance(11 * MINUTE);
    // Answered from what is known; the look at the backend that it sets off tells better.
    await first.service.list(first.call());
    await eventually(async () => {
      await assert.rejects(first.service.get('db', first.call()), absent);
    });
  });

  it('are looked at before anything is done to them', async (context) => {
    const { clock, start } = await useSharedNodes(context);
    const [first, second] = [await start('first'), await start('second')];
    await first.service.create('db', {}, first.call());
    await second.service.create('db', { reclaimPolicy: 'retain' }, second.call());
    await first.service.remove('db', first.call());
    clock.advance(MINUTE);
    await first.service.create('db', {}, first.call());
    assert.equal((await first.service.get('db', first.call())).status?.['reclaimPolicy'], 'retain');
    clock.advance(11 * MINUTE);
    await second.service.create('db', { reclaimPolicy: 'delete' }, second.call());
    await second.service.remove('db', second.call());
    await assert.rejects(first.service.mount('db', 'm', first.call()), absent);
  });

  it('do not come back by a list that was made before they were removed', async (context) => {
    const { clock, start } = await useSharedNodes(context);
    const node = await start('first');
    await node.service.create('db', {}, node.call());
    clock.advance(MINUTE);
    const removed = Promise.withResolvers<void>();
    node.answers.before = async () => {
      await node.service.remove('db', node.call());
      removed.resolve();
    };
    // Sets the look off, in the middle of which the volume is removed.
    await node.service.list(node.call());
    await removed.promise;
    await assert.rejects(node.service.get('db', node.call()), absent);
    assert.deepEqual(await node.service.list(node.call()), []);
  });
});

describe('while their backend does not answer', () => {
  it('what is known stays known and usable', async (context) => {
    const { clock, start } = await useSharedNodes(context);
    const node = await start('first');
    await node.service.create('db', {}, node.call());
    clock.advance(11 * MINUTE);
    node.answers.reachable = false;
    assert.deepEqual(namesOf(await node.service.list(node.call())), ['db']);
    assert.equal((await node.service.get('db', node.call())).name, 'db');
    await node.service.mount('db', 'm', node.call());
    await node.service.unmount('db', 'm', node.call());
    await assert.rejects(node.service.get('other', node.call()), absent);
  });

  it('a node that knows nothing says so, instead of "no such volume"', async (context) => {
    const { clock, start } = await useSharedNodes(context);
    const node = await start('first');
    node.answers.reachable = false;
    await assert.rejects(node.service.get('db', node.call()), { code: 'E_HOST_FAILED' });
    await assert.rejects(node.service.list(node.call()), { code: 'E_HOST_FAILED' });
    await assert.rejects(node.service.create('db', {}, node.call()), { code: 'E_HOST_FAILED' });
    node.answers.reachable = true;
    clock.advance(MINUTE);
    await assert.rejects(node.service.get('db', node.call()), absent);
  });

  it('mounts of a node that has lost its state are left alone until it is known whose they are', async (context) => {
    const { clock, start } = await useSharedNodes(context);
    const before = await start('first');
    await before.service.create('db', {}, before.call());
    await before.service.mount('db', 'm', before.call());
    const target = join(before.mountRoot, 'db');
    await before.stop();
    await before.loseState();
    const after = await start('first');
    after.answers.reachable = false;
    await assert.rejects(after.service.get('db', after.call()));
    await after.service.unmount('nothing', 'm', after.call());
    assert.equal(mountsBelow('self', target).length, 1);
    after.answers.reachable = true;
    clock.advance(MINUTE);
    assert.equal((await after.service.get('db', after.call())).name, 'db');
  });
});

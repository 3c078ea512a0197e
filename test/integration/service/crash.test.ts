import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { encode, refusalOf } from '../../support/engine-client.ts';
import { eventually } from '../../support/eventually.ts';
import { GatedCommand } from '../../support/gated-command.ts';
import { editState } from '../../support/state-file.ts';
import { assertNothingLeft, namesIn, removeAll, useStowage } from '../../support/use-stowage.ts';
import { content, fill, homeOf } from '../../support/volume-files.ts';

describe('after kill -9', () => {
  it('mounts and claims are as they were, and data goes on flowing', async (context) => {
    const stowage = await useStowage(context);
    const { engine } = stowage;
    const points: string[] = [];
    for (const [name, options] of Object.entries({
      directory: {},
      image: { size: '32MiB' },
      memory: { medium: 'memory', size: '4MiB' },
    })) {
      await engine.create(name, options);
      points.push(await engine.mount(name, 'one'));
      await engine.mount(name, 'one');
    }
    for (const point of points) writeFileSync(join(stowage.see(point), 'file'), 'before');
    await stowage.kill9();
    for (const point of points) writeFileSync(join(stowage.see(point), 'meanwhile'), 'written');
    await stowage.start();
    assert.equal(stowage.mounts().length, 3);
    for (const name of ['directory', 'image', 'memory']) {
      assert.equal((await engine.status(name))['mountIds'], '1');
      await engine.unmount(name, 'one');
    }
    assert.equal(stowage.mounts().length, 3, 'each was mounted twice');
    for (const point of points)
      assert.equal(readFileSync(join(stowage.see(point), 'meanwhile'), 'utf8'), 'written');
    for (const name of ['directory', 'image', 'memory']) await engine.unmount(name, 'one');
    await removeAll(stowage);
  });

  it('claims on a mount that has vanished are void, and Mount works again', async (context) => {
    const stowage = await useStowage(context);
    const { engine } = stowage;
    await engine.create('db');
    await fill(stowage, 'db', 'data');
    const mountPoint = await engine.mount('db', 'old');
    await stowage.kill9();
    await stowage.namespace.run('umount', mountPoint);
    await stowage.start();
    await eventually(async () => assert.equal(await engine.path('db'), ''));
    assert.equal((await engine.status('db'))['mountIds'], '0');
    await engine.mount('db', 'old');
    assert.equal((await engine.status('db'))['mountIds'], '1');
    assert.equal(readFileSync(join(stowage.see(mountPoint), 'file'), 'utf8'), 'data');
    await engine.unmount('db', 'old');
    await removeAll(stowage);
  });

  it('a mount that vanishes under the running program is noticed by the next Mount', async (context) => {
    const stowage = await useStowage(context);
    const { engine } = stowage;
    await engine.create('db');
    const mountPoint = await engine.mount('db', 'old');
    await stowage.namespace.run('umount', mountPoint);
    await engine.mount('db', 'new');
    assert.equal(stowage.mounts().length, 1);
    assert.equal((await engine.status('db'))['mountIds'], '1');
    await engine.unmount('db', 'old');
    assert.equal(stowage.mounts().length, 1);
    await engine.unmount('db', 'new');
    await removeAll(stowage);
  });

  it('in the middle of making a volume, nothing of it is left', async (context) => {
    const stowage = await useStowage(context);
    const { engine } = stowage;
    await engine.create('source');
    await fill(stowage, 'source', 'data');
    for (const [command, options] of [
      ['/usr/bin/cp', { from: 'source' }],
      ['/usr/sbin/mke2fs', { size: '32MiB' }],
    ] as const) {
      const gate = await GatedCommand.install(stowage, command);
      const call = engine.begin({
        path: '/VolumeDriver.Create',
        body: encode({ Name: 'db', Opts: options }),
      });
      await gate.arrived();
      await stowage.kill9();
      await assert.rejects(call.answer);
      await stowage.start();
      await eventually(async () =>
        assert.equal((await refusalOf(engine.mount('db', 'id'))).code, 'E_VOLUME_NOT_FOUND'),
      );
      assert.deepEqual(
        (await engine.list()).map(({ Name }) => Name),
        ['source'],
      );
      assert.deepEqual(namesIn(join(stowage.dataDirectory, 'volumes')), ['source']);
      await assertNothingLeft(stowage);
    }
    assert.equal(await content(stowage, 'source'), 'data');
    await removeAll(stowage);
  });

  it('between the last step of making a volume and its being known, it is taken back', async (context) => {
    const stowage = await useStowage(context);
    const { engine } = stowage;
    await engine.create('db', { size: '32MiB' });
    await stowage.kill9();
    editState(stowage, (database) => database.exec("UPDATE volumes SET state = 'creating'"));
    await stowage.start();
    await eventually(() => assert.ok(!existsSync(homeOf(stowage, 'db'))));
    await engine.create('db', { uid: '5' });
    assert.equal((await engine.list()).length, 1);
    assert.ok(!existsSync(join(homeOf(stowage, 'db'), 'image')), 'it is the new one');
    await removeAll(stowage);
  });

  it('in the middle of a removal, it is finished', async (context) => {
    const stowage = await useStowage(context);
    const { engine } = stowage;
    await engine.create('db');
    await fill(stowage, 'db', 'data');
    await stowage.kill9();
    editState(stowage, (database) => database.exec("UPDATE volumes SET state = 'removing'"));
    await stowage.start();
    await eventually(async () => assert.deepEqual(await engine.list(), []));
    assert.ok(!existsSync(homeOf(stowage, 'db')));
    await assertNothingLeft(stowage);
  });

  it('what lies half-made or half-removed is cleared', async (context) => {
    const stowage = await useStowage(context);
    await stowage.kill9();
    for (const name of ['staging', 'trash']) {
      mkdirSync(join(stowage.dataDirectory, name, 'waste', 'deep'), { recursive: true });
      writeFileSync(join(stowage.dataDirectory, name, 'waste', 'deep', 'file'), 'waste');
    }
    await stowage.start();
    await assertNothingLeft(stowage);
  });

  it('what is mounted on a mount point without a volume is taken off', async (context) => {
    const stowage = await useStowage(context);
    await stowage.engine.create('db');
    const mountPoint = await stowage.engine.mount('db', 'id');
    await stowage.kill9();
    const orphan = join(stowage.mountsDirectory, 'orphan');
    await stowage.namespace.run('mkdir', orphan);
    await stowage.namespace.run('mount', '-t', 'tmpfs', 'nobody', orphan);
    await stowage.start();
    await eventually(() =>
      assert.deepEqual(
        stowage.mounts().map(({ target }) => target),
        [mountPoint],
      ),
    );
    await eventually(() => assert.ok(!existsSync(stowage.see(orphan))));
    await stowage.engine.unmount('db', 'id');
    await removeAll(stowage);
  });
});

describe('after a power cut', () => {
  it('all volumes are there, unmounted and unclaimed', async (context) => {
    const stowage = await useStowage(context);
    const { engine } = stowage;
    await engine.create('directory');
    await engine.create('image', { size: '32MiB' });
    for (const name of ['directory', 'image']) {
      await fill(stowage, name, 'data');
      await engine.mount(name, 'id');
    }
    await stowage.cutPower();
    await stowage.start();
    for (const name of ['directory', 'image']) {
      await eventually(async () => assert.equal((await engine.status(name))['mountIds'], '0'));
      assert.equal(await content(stowage, name), 'data');
      // The container that was running when the power went: the engine starts it again with the same ID.
      await engine.mount(name, 'id');
      await engine.unmount(name, 'id');
    }
    await removeAll(stowage);
  });
});

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { refusalOf } from '../../support/engine-client.ts';
import { eventually } from '../../support/eventually.ts';
import { startBystander, startContainer } from '../../support/holder.ts';
import { editState } from '../../support/state-file.ts';
import type { Stowage } from '../../support/stowage.ts';
import { removeAll, shareStowage, useStowage } from '../../support/use-stowage.ts';
import { content, fill } from '../../support/volume-files.ts';

/** Makes all claims an hour old: long past the start of any container. */
async function letAnHourPass(stowage: Stowage): Promise<void> {
  await stowage.stop();
  editState(stowage, (database) => database.exec('UPDATE mount_references SET since = since - 3600000'));
  await stowage.start();
}

const KINDS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  directory: {},
  ext4: { size: '32MiB' },
  xfs: { size: '300MiB', fsType: 'xfs' },
  btrfs: { size: '128MiB', fsType: 'btrfs' },
  memory: { size: '4MiB', medium: 'memory' },
};

describe('a volume that a process holds', () => {
  const shared = shareStowage();

  for (const [kind, options] of Object.entries(KINDS)) {
    it(`is not removed (${kind}), the holder is named, and after its end Remove works although no Unmount came`, async () => {
      const { current: stowage } = shared;
      const { engine } = stowage;
      await engine.create('db', options);
      await engine.mount('db', 'container');
      const holder = await startContainer(stowage);
      await letAnHourPass(stowage);
      const refusal = await refusalOf(engine.remove('db'));
      assert.equal(refusal.code, 'E_VOLUME_IN_USE');
      assert.ok(
        refusal.message.includes(`it is in use by process ${String(holder.pid)} (sleep)`),
        refusal.message,
      );
      assert.equal(stowage.mounts().length, 1);
      await holder.end();
      await letAnHourPass(stowage);
      await engine.remove('db');
    });

    it(`stays the holder’s (${kind}) when our own mount has vanished and its claims with it`, async () => {
      const { current: stowage } = shared;
      const { engine } = stowage;
      await engine.create('db', options);
      const mountPoint = await engine.mount('db', 'container');
      const holder = await startContainer(stowage);
      await stowage.kill9();
      await stowage.namespace.run('umount', mountPoint);
      await stowage.start();
      await eventually(async () => assert.equal((await engine.status('db'))['mountIds'], '0'));
      if (kind !== 'memory') {
        const refusal = await refusalOf(engine.remove('db'));
        assert.ok(refusal.message.includes(`process ${String(holder.pid)} (sleep)`), refusal.message);
      }
      await holder.end();
      await engine.remove('db');
    });
  }
});

describe('claims that nobody stands behind', () => {
  it('are believed while a container may still be starting', async (context) => {
    const stowage = await useStowage(context);
    await stowage.engine.create('db');
    await stowage.engine.mount('db', 'container');
    await stowage.restart();
    const refusal = await refusalOf(stowage.engine.remove('db'));
    assert.match(refusal.message, /in use by mount ID container/);
    await letAnHourPass(stowage);
    await stowage.engine.remove('db');
    await removeAll(stowage);
  });

  it('are not believed because of processes that only have copies of our mount', async (context) => {
    const stowage = await useStowage(context);
    await stowage.engine.create('db');
    await stowage.engine.mount('db', 'container');
    const service = await startBystander(stowage);
    await letAnHourPass(stowage);
    await stowage.engine.remove('db');
    await service.end();
    await removeAll(stowage);
  });

  it('do not keep an image from being cloned or mounted again', async (context) => {
    const stowage = await useStowage(context);
    await stowage.engine.create('db', { size: '32MiB' });
    await fill(stowage, 'db', 'data');
    await stowage.engine.mount('db', 'gone');
    await stowage.cutPower();
    await stowage.start();
    await stowage.engine.create('clone', { from: 'db' });
    assert.equal(await content(stowage, 'clone'), 'data');
    assert.equal(await content(stowage, 'db'), 'data');
    await removeAll(stowage);
  });
});

describe('a container that outlived our mount of an image', () => {
  it('sees the same file system as the next container: it is never mounted twice', async (context) => {
    const stowage = await useStowage(context);
    const { engine } = stowage;
    await engine.create('db', { size: '32MiB' });
    await fill(stowage, 'db', 'before');
    const mountPoint = await engine.mount('db', 'old');
    const holder = await startContainer(stowage);
    await stowage.kill9();
    await stowage.namespace.run('umount', mountPoint);
    await stowage.start();
    await fill(stowage, 'db', 'after');
    assert.equal(stowage.loops().length, 1, 'one loop device');
    assert.equal(readFileSync(join(holder.see('db'), 'file'), 'utf8'), 'after');
    await holder.end();
    await removeAll(stowage);
  });

  it('keeps it from being cloned', async (context) => {
    const stowage = await useStowage(context);
    const { engine } = stowage;
    await engine.create('db', { size: '32MiB' });
    const mountPoint = await engine.mount('db', 'old');
    const holder = await startContainer(stowage);
    await stowage.kill9();
    await stowage.namespace.run('umount', mountPoint);
    await stowage.start();
    assert.equal((await refusalOf(engine.create('clone', { from: 'db' }))).code, 'E_VOLUME_IN_USE');
    await holder.end();
    await engine.create('clone', { from: 'db' });
    await removeAll(stowage);
  });
});

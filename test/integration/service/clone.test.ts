import assert from 'node:assert/strict';
import {
  chmodSync,
  chownSync,
  lstatSync,
  readFileSync,
  readlinkSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { refusalOf } from '../../support/engine-client.ts';
import { GatedCommand } from '../../support/gated-command.ts';
import { namesIn, removeAll, shareStowage, useStowage } from '../../support/use-stowage.ts';
import { content, fill, homeOf } from '../../support/volume-files.ts';

const IMAGES: Readonly<Record<string, { readonly size: string; readonly larger: string }>> = {
  ext4: { size: '32MiB', larger: '48MiB' },
  xfs: { size: '300MiB', larger: '350MiB' },
  btrfs: { size: '128MiB', larger: '160MiB' },
};

describe('a clone of a directory', () => {
  const shared = shareStowage();

  it('has the files with all that belongs to them, and a life of its own', async () => {
    const { engine } = shared.current;
    await engine.create('source', { uid: '11', gid: '12', mode: '2750' });
    const source = shared.current.see(await engine.mount('source', 'id'));
    writeFileSync(join(source, 'file'), 'data');
    chownSync(join(source, 'file'), 21, 22);
    chmodSync(join(source, 'file'), 0o4711);
    symlinkSync('file', join(source, 'link'));
    await engine.unmount('source', 'id');
    await engine.create('clone', { from: 'source' });
    const clone = shared.current.see(await engine.mount('clone', 'id'));
    const facts = (path: string): unknown[] => {
      const { uid, gid, mode, mtimeMs } = lstatSync(path);
      return [uid, gid, mode, mtimeMs];
    };
    await engine.mount('source', 'id');
    for (const name of ['.', 'file', 'link'])
      assert.deepEqual(facts(join(clone, name)), facts(join(source, name)));
    assert.equal(readlinkSync(join(clone, 'link')), 'file');
    writeFileSync(join(clone, 'file'), 'changed');
    assert.equal(readFileSync(join(source, 'file'), 'utf8'), 'data');
    for (const name of ['source', 'clone']) await engine.unmount(name, 'id');
  });

  it('outlives its source', async () => {
    const { engine } = shared.current;
    await engine.create('source');
    await fill(shared.current, 'source', 'data');
    await engine.create('clone', { from: 'source' });
    await engine.remove('source');
    assert.equal(await content(shared.current, 'clone'), 'data');
    await engine.create('clone', { from: 'source' });
  });

  it('is refused while its source is in use, and leaves nothing', async () => {
    const { engine } = shared.current;
    await engine.create('source');
    await engine.mount('source', 'id');
    const refusal = await refusalOf(engine.create('clone', { from: 'source' }));
    assert.equal(refusal.code, 'E_VOLUME_IN_USE');
    assert.match(refusal.message, /^create volume "clone": its source source is in use/);
    assert.deepEqual(namesIn(join(shared.current.dataDirectory, 'volumes')), ['source']);
    await engine.unmount('source', 'id');
    await engine.create('clone', { from: 'source' });
  });

  it('is refused for a volume of another kind', async () => {
    const { engine } = shared.current;
    await engine.create('source');
    // Smaller than any file system: it must not be taken for one.
    await engine.create('memory', { medium: 'memory', size: '1MiB' });
    for (const options of [
      { from: 'memory' },
      { from: 'source', size: '32MiB' },
      { from: 'source', fsType: 'xfs' },
    ]) {
      assert.equal((await refusalOf(engine.create('clone', options))).code, 'E_NOT_SUPPORTED');
    }
  });
});

for (const [fsType, { size, larger }] of Object.entries(IMAGES)) {
  describe(`a clone of a volume with size on ${fsType}`, () => {
    const shared = shareStowage();

    const identity = async (volume: string): Promise<string> => {
      const image = join(homeOf(shared.current, volume), 'image');
      return (await shared.current.namespace.run('blkid', '-p', '-o', 'value', '-s', 'UUID', image)).trim();
    };

    it('has the data, another identity, and is mounted beside its source', async () => {
      const { engine } = shared.current;
      await engine.create('source', { size, fsType });
      await fill(shared.current, 'source', 'data');
      await engine.create('clone', { from: 'source' });
      const mountPoints: string[] = [];
      for (const name of ['source', 'clone'])
        mountPoints.push(shared.current.see(await engine.mount(name, 'id')));
      for (const mountPoint of mountPoints)
        assert.equal(readFileSync(join(mountPoint, 'file'), 'utf8'), 'data');
      writeFileSync(join(mountPoints[1] ?? '', 'file'), 'changed');
      for (const name of ['source', 'clone']) await engine.unmount(name, 'id');
      assert.equal(await content(shared.current, 'source'), 'data');
      assert.equal(await content(shared.current, 'clone'), 'changed');
      assert.match(await identity('source'), /^[0-9a-f-]{36}$/);
      assert.notEqual(await identity('clone'), await identity('source'));
      assert.equal((await engine.status('clone'))['size'], size);
    });

    it('may be larger, never smaller', async () => {
      const { engine } = shared.current;
      await engine.create('source', { size, fsType });
      await fill(shared.current, 'source', 'data');
      await engine.create('clone', { from: 'source', size: larger });
      assert.equal((await engine.status('clone'))['size'], larger);
      assert.equal(await content(shared.current, 'clone'), 'data');
      const { engine: same } = shared.current;
      await same.create('large', { size: larger, fsType });
      assert.match(
        (await refusalOf(same.create('small', { from: 'large', size }))).message,
        /cannot be smaller than its source/,
      );
    });

    it('is refused while its source is in use', async () => {
      const { engine } = shared.current;
      await engine.create('source', { size, fsType });
      await engine.mount('source', 'id');
      assert.equal((await refusalOf(engine.create('clone', { from: 'source' }))).code, 'E_VOLUME_IN_USE');
      await engine.unmount('source', 'id');
    });
  });
}

describe('a clone under way', () => {
  it('keeps its source from being mounted, so that it is of one moment', async (context) => {
    const stowage = await useStowage(context);
    const cp = await GatedCommand.install(stowage, '/usr/bin/cp');
    await stowage.engine.create('source');
    await fill(stowage, 'source', 'data');
    const clone = stowage.engine.create('clone', { from: 'source' });
    await cp.arrived();
    const mounted = stowage.engine.mount('source', 'id');
    await stowage.engine.list();
    assert.equal(await stowage.engine.path('source'), '');
    await cp.open();
    await Promise.all([clone, mounted]);
    await stowage.engine.unmount('source', 'id');
    await removeAll(stowage);
  });
});

import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, renameSync, rmSync, statfsSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { refusalOf } from '../../support/engine-client.ts';
import { shareStowage } from '../../support/use-stowage.ts';
import { content, fill, names } from '../../support/volume-files.ts';

describe('a volume with path', () => {
  const shared = shareStowage({ environment: (root) => ({ STOWAGE_PATH_ROOTS: join(root, 'srv') }) });
  const host = (...parts: readonly string[]): string => join(shared.current.root, ...parts);

  /** A fresh host directory with a file. */
  const prepare = (): string => {
    rmSync(host('srv'), { recursive: true, force: true });
    mkdirSync(host('srv', 'data'), { recursive: true });
    mkdirSync(host('outside'), { recursive: true });
    writeFileSync(host('srv', 'data', 'file'), 'host data');
    return host('srv', 'data');
  };

  it('shows the host directory, and Remove leaves it alone', async () => {
    const { engine } = shared.current;
    const path = prepare();
    await engine.create('db', { path: `${path}/` });
    assert.equal(await content(shared.current, 'db'), 'host data');
    await fill(shared.current, 'db', 'changed');
    assert.equal(readFileSync(join(path, 'file'), 'utf8'), 'changed');
    const { path: shown, reclaimPolicy } = await engine.status('db');
    assert.deepEqual([shown, reclaimPolicy], [path, 'retain']);
    await engine.remove('db');
    assert.equal(readFileSync(join(path, 'file'), 'utf8'), 'changed');
  });

  it('may be read-only', async () => {
    const { engine } = shared.current;
    await engine.create('db', { path: prepare(), mountOptions: 'ro,nosuid' });
    const mountPoint = shared.current.see(await engine.mount('db', 'id'));
    assert.throws(() => writeFileSync(join(mountPoint, 'file'), 'x'), { code: 'EROFS' });
    assert.ok(shared.current.mounts()[0]?.flags.includes('nosuid'));
    await engine.unmount('db', 'id');
  });

  it('follows a link that stays below the allowed directory', async () => {
    const { engine } = shared.current;
    symlinkSync(prepare(), host('srv', 'link'));
    await engine.create('db', { path: host('srv', 'link') });
    assert.equal(await content(shared.current, 'db'), 'host data');
  });

  it('is checked again at every mount: a directory swapped for a link out is refused', async () => {
    const { engine } = shared.current;
    const path = prepare();
    await engine.create('db', { path });
    renameSync(path, `${path}-moved`);
    symlinkSync(host('outside'), path);
    assert.equal((await refusalOf(engine.mount('db', 'id'))).code, 'E_PATH_NOT_ALLOWED');
    assert.deepEqual(shared.current.mounts(), []);
  });

  it('can be removed when its directory has gone', async () => {
    const { engine } = shared.current;
    const path = prepare();
    await engine.create('db', { path });
    await engine.mount('db', 'id');
    await engine.unmount('db', 'id');
    rmSync(path, { recursive: true });
    assert.equal((await refusalOf(engine.mount('db', 'id'))).code, 'E_INVALID_OPTION');
    await engine.remove('db');
  });

  it('can be removed when its directory has gone and a mount had vanished', async () => {
    const { engine } = shared.current;
    const path = prepare();
    await engine.create('db', { path });
    await engine.mount('db', 'id');
    await shared.current.cutPower();
    rmSync(path, { recursive: true });
    await shared.current.start();
    await engine.remove('db');
  });

  it('two volumes on one directory are two', async () => {
    const { engine } = shared.current;
    const path = prepare();
    for (const name of ['one', 'two']) await engine.create(name, { path });
    await fill(shared.current, 'one', 'shared');
    assert.equal(await content(shared.current, 'two'), 'shared');
    await engine.remove('one');
    assert.equal(await content(shared.current, 'two'), 'shared');
  });

  it('can be cloned into a directory of ours', async () => {
    const { engine } = shared.current;
    const path = prepare();
    await engine.create('db', { path });
    await engine.create('clone', { from: 'db' });
    writeFileSync(join(path, 'file'), 'later');
    assert.equal(await content(shared.current, 'clone'), 'host data');
  });
});

describe('a volume in memory', () => {
  const shared = shareStowage();
  const MEMORY = { medium: 'memory', size: '4MiB' };

  it('is a tmpfs with a hard cap', async () => {
    const { engine } = shared.current;
    await engine.create('db', { ...MEMORY, mountOptions: 'noexec' });
    const mountPoint = shared.current.see(await engine.mount('db', 'id'));
    const [line] = shared.current.mounts();
    assert.equal(line?.fileSystem, 'tmpfs');
    assert.ok(line?.flags.includes('noexec'));
    assert.throws(() => writeFileSync(join(mountPoint, 'big'), Buffer.alloc(5 * 1024 * 1024)), {
      code: 'ENOSPC',
    });
    const { size, fileSystem, medium } = await engine.status('db');
    assert.deepEqual([size, fileSystem, medium], ['4MiB', 'tmpfs', 'memory']);
    await engine.unmount('db', 'id');
  });

  it('lasts while anybody uses it and is empty afterwards', async () => {
    const { engine } = shared.current;
    await engine.create('db', MEMORY);
    const mountPoint = shared.current.see(await engine.mount('db', 'one'));
    writeFileSync(join(mountPoint, 'file'), 'data');
    await engine.mount('db', 'two');
    await engine.unmount('db', 'one');
    await shared.current.kill9();
    await shared.current.start();
    assert.equal(readFileSync(join(mountPoint, 'file'), 'utf8'), 'data');
    await engine.unmount('db', 'two');
    assert.deepEqual(await names(shared.current, 'db'), []);
  });

  it('grows while it is mounted', async () => {
    const { engine } = shared.current;
    await engine.create('db', MEMORY);
    const mountPoint = shared.current.see(await engine.mount('db', 'id'));
    writeFileSync(join(mountPoint, 'file'), 'data');
    await engine.create('db', { size: '8MiB' });
    const { blocks, bsize } = statfsSync(mountPoint);
    assert.equal(blocks * bsize, 8 * 1024 * 1024);
    assert.equal(readFileSync(join(mountPoint, 'file'), 'utf8'), 'data');
    await engine.unmount('db', 'id');
  });
});

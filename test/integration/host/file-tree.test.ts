import assert from 'node:assert/strict';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { thrownBy, useHost } from '../../support/host-bench.ts';

const bench = useHost();
const MIB = 1024 * 1024;

describe('makeDirectory', () => {
  it('makes parents for root only, and the last one as asked, whatever the umask', async () => {
    const { host, at } = bench();
    for (const [umask, name] of [
      [0o077, 'a'],
      [0o000, 'b'],
    ] as const) {
      const before = process.umask(umask);
      try {
        await host.files.makeDirectory(at(`${name}/p/d`), { uid: 5, gid: 6, mode: 0o3775 });
      } finally {
        process.umask(before);
      }
      const made = statSync(at(`${name}/p/d`));
      assert.deepEqual([made.uid, made.gid, made.mode & 0o7777], [5, 6, 0o3775]);
      assert.equal(statSync(at(`${name}/p`)).mode & 0o7777, 0o700);
      assert.deepEqual(readdirSync(at(`${name}/p`)), ['d']);
    }
  });

  it('leaves one that is there as it is', async () => {
    const { host, directoryAt } = bench();
    const target = directoryAt('d');
    chmodSync(target, 0o711);
    writeFileSync(join(target, 'file'), 'x');
    await host.files.makeDirectory(target, { uid: 5, gid: 6, mode: 0o700 });
    await host.files.makeDirectory(target);
    assert.deepEqual([statSync(target).uid, statSync(target).mode & 0o7777], [0, 0o711]);
    assert.deepEqual(readdirSync(target), ['file']);
  });

  it('clears away what it left when it was killed', async () => {
    const { host, at } = bench();
    mkdirSync(at('.d.new'), 0o700);
    await host.files.makeDirectory(at('d'), { uid: 5, gid: 6, mode: 0o750 });
    assert.deepEqual(readdirSync(at('')), ['d']);
    assert.equal(statSync(at('d')).uid, 5);
  });

  it('says what is in the way', async () => {
    const { host, at } = bench();
    writeFileSync(at('d'), '');
    const error = await thrownBy(() => host.files.makeDirectory(at('d')), 'E_HOST_FAILED');
    assert.match(error.message, /not a directory/);
    await thrownBy(() => host.files.makeDirectory(at('d/e')), 'E_HOST_FAILED');
  });
});

describe('removeEmptyDirectory', () => {
  it('removes what is empty, and takes absence for done', async () => {
    const { host, at, directoryAt } = bench();
    await host.files.removeEmptyDirectory(directoryAt('d'));
    assert.ok(!existsSync(at('d')));
    await host.files.removeEmptyDirectory(at('d'));
    await host.files.removeEmptyDirectory(at('d/e'));
  });

  it('refuses what is full, and a mount point', async () => {
    const { host, directoryAt } = bench();
    const full = directoryAt('full');
    writeFileSync(join(full, 'file'), '');
    assert.equal(
      (await thrownBy(() => host.files.removeEmptyDirectory(full), 'E_HOST_FAILED')).details['errno'],
      'ENOTEMPTY',
    );
    const target = directoryAt('t');
    await host.mounts.mount({ source: 'none', target, fileSystem: 'tmpfs', options: [] });
    await thrownBy(() => host.files.removeEmptyDirectory(target), 'E_HOST_FAILED');
    await host.mounts.unmount(target);
  });
});

describe('exists and list', () => {
  it('tell links without following them, and take absence for none', async () => {
    const { host, at, directoryAt } = bench();
    const target = directoryAt('d');
    symlinkSync('/absent', join(target, 'dangling'));
    assert.equal(await host.files.exists(join(target, 'dangling')), true);
    assert.equal(await host.files.exists(join(target, 'no')), false);
    assert.deepEqual(await host.files.list(target), ['dangling']);
    assert.deepEqual(await host.files.list(at('absent')), []);
  });
});

describe('move', () => {
  it('moves, and never replaces', async () => {
    const { host, at, directoryAt } = bench();
    directoryAt('from');
    await host.files.move(at('from'), at('to'));
    assert.deepEqual(readdirSync(at('')), ['to']);
    // rename(2) would replace an empty directory.
    directoryAt('from');
    const error = await thrownBy(() => host.files.move(at('from'), at('to')), 'E_HOST_FAILED');
    assert.equal(error.details['errno'], 'EEXIST');
    assert.deepEqual(readdirSync(at('')).toSorted(), ['from', 'to']);
  });
});

describe('writeText and readText', () => {
  it('replace as a whole, for root only', async () => {
    const { host, at } = bench();
    await host.files.writeText(at('file'), 'one');
    const before = statSync(at('file')).ino;
    await host.files.writeText(at('file'), 'two');
    assert.equal(await host.files.readText(at('file')), 'two');
    assert.notEqual(statSync(at('file')).ino, before, 'the file was changed in place');
    assert.equal(statSync(at('file')).mode & 0o777, 0o600);
    assert.deepEqual(readdirSync(at('')), ['file']);
    await thrownBy(() => host.files.readText(at('absent')), 'E_HOST_FAILED');
  });

  it('keep the old text when there is no space for the new', async () => {
    const { host, directoryAt } = bench();
    const target = directoryAt('t');
    await host.mounts.mount({ source: 'none', target, fileSystem: 'tmpfs', options: ['size=64k'] });
    const file = join(target, 'file');
    await host.files.writeText(file, 'old');
    await thrownBy(() => host.files.writeText(file, 'x'.repeat(MIB)), 'E_NO_SPACE');
    assert.equal(await host.files.readText(file), 'old');
    await host.files.writeText(file, 'new');
    assert.equal(await host.files.readText(file), 'new');
    await host.mounts.unmount(target);
  });
});

describe('allocate', () => {
  it('makes a file of a size that takes no space, larger later, never smaller', async () => {
    const { host, at } = bench();
    await host.files.allocate(at('image'), 64 * MIB);
    await host.files.allocate(at('image'), 128 * MIB);
    await host.files.allocate(at('image'), MIB);
    const made = statSync(at('image'));
    assert.deepEqual([made.size, made.blocks, made.mode & 0o777], [128 * MIB, 0, 0o600]);
  });

  it('keeps what is in the file', async () => {
    const { host, at } = bench();
    writeFileSync(at('image'), 'data');
    await host.files.allocate(at('image'), MIB);
    assert.equal(readFileSync(at('image')).subarray(0, 5).toString(), 'data\0');
  });

  it('says so when the file system cannot hold such a file, and leaves none', async () => {
    const { host, at } = bench();
    await thrownBy(() => host.files.allocate(at('image'), Number.MAX_SAFE_INTEGER), 'E_NO_SPACE');
    assert.ok(!existsSync(at('image')));
  });
});

describe('pinDirectory', () => {
  it('stays with the directory when its name is given to another', async () => {
    const { host, at, directoryAt } = bench();
    directoryAt('d');
    symlinkSync(at('d'), at('link'));
    const pinned = await host.files.pinDirectory(at('link'));
    assert.equal(pinned.realPath, at('d'));
    renameSync(at('d'), at('moved'));
    directoryAt('d');
    const target = directoryAt('t');
    await host.mounts.bind(pinned.path, target, []);
    writeFileSync(at('moved/file'), '');
    assert.deepEqual(readdirSync(target), ['file']);
    assert.deepEqual(await host.mounts.identify(pinned.path), await host.mounts.identify(at('moved')));
    await pinned.release();
    await pinned.release();
    await host.mounts.unmount(target);
  });

  it('refuses what is absent or no directory', async () => {
    const { host, at } = bench();
    writeFileSync(at('file'), '');
    symlinkSync(at('loop'), at('loop'));
    const absent = await thrownBy(() => host.files.pinDirectory(at('absent')), 'E_INVALID_OPTION');
    assert.match(absent.message, /does not exist/);
    await thrownBy(() => host.files.pinDirectory(at('file')), 'E_INVALID_OPTION');
    await thrownBy(() => host.files.pinDirectory(at('loop')), 'E_INVALID_OPTION');
  });
});

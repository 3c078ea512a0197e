import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { getAttribute, setAttribute } from '../../support/extended-attributes.ts';
import { thrownBy, useHost } from '../../support/host-bench.ts';
import { snapshotTree } from '../../support/tree-snapshot.ts';

const bench = useHost();
const MIB = 1024 * 1024;

describe('copyTree', () => {
  it('copies everything that belongs to a tree', async () => {
    const { host, at, directoryAt } = bench();
    const from = directoryAt('from');
    mkdirSync(join(from, 'sub'));
    writeFileSync(join(from, 'sub/file'), 'text');
    chownSync(join(from, 'sub/file'), 7, 8);
    chmodSync(join(from, 'sub/file'), 0o4751);
    linkSync(join(from, 'sub/file'), join(from, 'hard'));
    symlinkSync('/etc/passwd', join(from, 'soft'));
    execFileSync('mkfifo', [join(from, 'pipe')]);
    writeFileSync(join(from, 'sparse'), '');
    truncateSync(join(from, 'sparse'), 64 * MIB);
    setAttribute(join(from, 'sub'), 'user.note', 'kept');
    setAttribute(from, 'trusted.note', 'kept too');
    chownSync(from, 9, 10);
    chmodSync(from, 0o2770);
    utimesSync(from, 1000, 2000);
    await host.files.copyTree(from, at('to'));
    const facts = (root: string): unknown =>
      ['', 'sub', 'sub/file', 'hard', 'soft', 'pipe', 'sparse'].map((name) => {
        const { mode, uid, gid, nlink, size, mtimeMs } = lstatSync(join(root, name));
        return { name, mode, uid, gid, nlink, size, mtimeMs };
      });
    assert.deepEqual(facts(at('to')), facts(from));
    assert.equal(statSync(at('to/hard')).ino, statSync(at('to/sub/file')).ino);
    assert.equal(statSync(at('to/sparse')).blocks, 0);
    assert.equal(getAttribute(at('to/sub'), 'user.note'), 'kept');
    assert.equal(getAttribute(at('to'), 'trusted.note'), 'kept too');
  });

  it('follows a pinned directory, but no other file system below it', async () => {
    const { host, at, directoryAt } = bench();
    const from = directoryAt('from');
    mkdirSync(join(from, 'mounted'));
    writeFileSync(join(from, 'file'), 'x');
    await host.mounts.mount({
      source: 'none',
      target: join(from, 'mounted'),
      fileSystem: 'tmpfs',
      options: [],
    });
    writeFileSync(join(from, 'mounted/other'), 'x');
    const pinned = await host.files.pinDirectory(from);
    renameSync(from, at('moved'));
    mkdirSync(from);
    await host.files.copyTree(pinned.path, at('to'));
    assert.ok((await host.files.diskUsage(pinned.path)) > 0);
    await pinned.release();
    assert.deepEqual(readdirSync(at('to')).toSorted(), ['file', 'mounted']);
    assert.deepEqual(readdirSync(at('to/mounted')), []);
    await host.mounts.unmount(at('moved/mounted'));
  });

  it('says when there is no space, and replaces nothing', async () => {
    const { host, directoryAt } = bench();
    const [from, target] = [directoryAt('from'), directoryAt('t')];
    writeFileSync(join(from, 'file'), 'x'.repeat(MIB));
    await host.mounts.mount({ source: 'none', target, fileSystem: 'tmpfs', options: ['size=64k'] });
    await thrownBy(() => host.files.copyTree(from, join(target, 'to')), 'E_NO_SPACE');
    await host.mounts.unmount(target);
    writeFileSync(join(target, 'file'), 'mine');
    await thrownBy(() => host.files.copyTree(from, target), 'E_HOST_FAILED');
    assert.equal(readFileSync(join(target, 'file'), 'utf8'), 'mine');
  });
});

describe('copyFile', () => {
  it('keeps holes, owner and mode', async () => {
    const { host, at } = bench();
    await host.files.allocate(at('from'), 64 * MIB);
    chownSync(at('from'), 7, 8);
    await host.files.copyFile(at('from'), at('to'));
    const { size, blocks, uid, mode } = statSync(at('to'));
    assert.deepEqual([size, blocks, uid, mode & 0o777], [64 * MIB, 0, 7, 0o600]);
  });

  it('leaves nothing when there is no space, and replaces nothing', async () => {
    const { host, at, directoryAt } = bench();
    const target = directoryAt('t');
    writeFileSync(at('from'), 'x'.repeat(MIB));
    await host.mounts.mount({ source: 'none', target, fileSystem: 'tmpfs', options: ['size=64k'] });
    await thrownBy(() => host.files.copyFile(at('from'), join(target, 'to')), 'E_NO_SPACE');
    assert.deepEqual(readdirSync(target), []);
    await host.mounts.unmount(target);
    writeFileSync(at('to'), 'mine');
    await thrownBy(() => host.files.copyFile(at('from'), at('to')), 'E_HOST_FAILED');
    assert.equal(readFileSync(at('to'), 'utf8'), 'mine');
  });
});

describe('diskUsage', () => {
  it('counts what is allocated', async () => {
    const { host, directoryAt } = bench();
    const target = directoryAt('d');
    const empty = await host.files.diskUsage(target);
    writeFileSync(join(target, 'file'), 'x'.repeat(MIB));
    await host.files.allocate(join(target, 'sparse'), 64 * MIB);
    assert.equal((await host.files.diskUsage(target)) - empty, MIB);
    await thrownBy(() => host.files.diskUsage(join(target, 'absent')), 'E_HOST_FAILED');
  });
});

describe('what was not asked for', () => {
  it('stays as it was', async () => {
    const { host, at, directoryAt } = bench();
    const outside = directoryAt('outside');
    writeFileSync(join(outside, 'file'), 'x');
    const before = snapshotTree(outside);
    const tree = directoryAt('tree');
    symlinkSync(outside, join(tree, 'link'));
    await host.files.copyTree(tree, at('copy'));
    await host.files.removeTree(tree);
    await host.files.removeTree(at('copy'));
    assert.deepEqual(snapshotTree(outside), before);
  });
});

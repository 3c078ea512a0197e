import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, linkSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { thrownBy, useHost } from '../../support/host-bench.ts';
import { snapshotTree } from '../../support/tree-snapshot.ts';

const bench = useHost();

describe('removeTree', () => {
  it('removes every kind of entry', async () => {
    const { host, at, directoryAt } = bench();
    const tree = directoryAt('tree');
    mkdirSync(join(tree, 'a/b/c'), { recursive: true });
    writeFileSync(join(tree, 'a/b/file'), '');
    linkSync(join(tree, 'a/b/file'), join(tree, 'hard'));
    symlinkSync('/etc', join(tree, 'soft'));
    execFileSync('mkfifo', [join(tree, 'pipe')]);
    execFileSync('mknod', [join(tree, 'null'), 'c', '1', '3']);
    writeFileSync(join(tree, 'ünï code\n'), '');
    execFileSync('chmod', ['000', join(tree, 'a')]);
    await host.files.removeTree(tree);
    assert.deepEqual(readdirSync(at('')), []);
  });

  it('takes absence for done, removes a file, and not what a link leads to', async () => {
    const { host, at, directoryAt } = bench();
    await host.files.removeTree(at('absent'));
    await host.files.removeTree(at('absent/below'));
    writeFileSync(at('file'), '');
    await host.files.removeTree(at('file'));
    writeFileSync(join(directoryAt('kept'), 'file'), '');
    symlinkSync(at('kept'), at('link'));
    await host.files.removeTree(at('link'));
    assert.deepEqual(readdirSync(at('')), ['kept']);
    assert.deepEqual(readdirSync(at('kept')), ['file']);
  });

  it('never goes into a mount, neither another file system nor a view of the same', async () => {
    const { host, at, directoryAt } = bench();
    const kept = directoryAt('kept');
    writeFileSync(join(kept, 'file'), 'x');
    const before = snapshotTree(kept);
    for (const place of ['tree', 'tree/a/b']) {
      mkdirSync(at(place), { recursive: true });
      await host.mounts.bind(kept, at(place), []);
      const error = await thrownBy(() => host.files.removeTree(at('tree')), 'E_HOST_FAILED');
      assert.match(error.message, /something is mounted on .*tree/);
      await host.mounts.unmount(at(place));
      assert.deepEqual(snapshotTree(kept), before);
    }
    mkdirSync(at('tree/a/b'), { recursive: true });
    await host.mounts.mount({ source: 'none', target: at('tree/a/b'), fileSystem: 'tmpfs', options: [] });
    writeFileSync(at('tree/a/b/file'), 'x');
    await thrownBy(() => host.files.removeTree(at('tree')), 'E_HOST_FAILED');
    assert.deepEqual(readdirSync(at('tree/a/b')), ['file']);
    await host.mounts.unmount(at('tree/a/b'));
    await host.files.removeTree(at('tree'));
    assert.deepEqual(readdirSync(at('')), ['kept']);
  });

  it('names a file that cannot be removed and what to do', async () => {
    const { host, at, directoryAt } = bench();
    const file = join(directoryAt('tree'), 'stuck');
    writeFileSync(file, '');
    execFileSync('chattr', ['+i', file]);
    try {
      const error = await thrownBy(() => host.files.removeTree(at('tree')), 'E_HOST_FAILED');
      assert.match(error.message, /immutable.*chattr -i.*tree\/stuck/);
    } finally {
      execFileSync('chattr', ['-i', file]);
    }
    await host.files.removeTree(at('tree'));
    assert.ok(!existsSync(at('tree')));
  });

  it('removes a tree deeper than there are file descriptors and longer than a path may be', async () => {
    const { host, at, directoryAt } = bench();
    directoryAt('tree');
    const text = `
      import { mkdirSync } from 'node:fs';
      process.chdir(process.argv[1]);
      for (let depth = 0; depth < 5000; depth += 1) { mkdirSync('deep'); process.chdir('deep'); }`;
    execFileSync(process.execPath, ['--input-type=module', '-e', text, at('tree')]);
    await host.files.removeTree(at('tree'));
    assert.ok(!existsSync(at('tree')));
  });

  it('keeps the event loop free meanwhile', async () => {
    const { host, directoryAt } = bench();
    const tree = directoryAt('tree');
    for (let index = 0; index < 5000; index += 1) writeFileSync(join(tree, `file-${index}`), '');
    let turns = 0;
    const timer = setInterval(() => (turns += 1), 1);
    await host.files.removeTree(tree);
    clearInterval(timer);
    assert.ok(!existsSync(tree));
    assert.ok(turns > 5, `the event loop turned ${turns} times`);
  });

  it('is not led out by somebody who swaps directories for links all the time', async () => {
    const { host, at, directoryAt } = bench();
    const kept = directoryAt('kept');
    mkdirSync(join(kept, 'inner'));
    writeFileSync(join(kept, 'inner/file'), 'x');
    const before = snapshotTree(kept);
    const text = `
      import * as fs from 'node:fs';
      const [tree, kept] = process.argv.slice(1);
      const attempt = (step) => { try { step(); } catch {} };
      process.stdout.write('ready');
      for (;;) {
        attempt(() => fs.mkdirSync(tree + '/d/inner', { recursive: true }));
        attempt(() => fs.writeFileSync(tree + '/d/inner/file', ''));
        attempt(() => fs.renameSync(tree + '/d', tree + '/away'));
        attempt(() => fs.symlinkSync(kept, tree + '/d'));
        attempt(() => fs.unlinkSync(tree + '/d'));
        attempt(() => fs.renameSync(tree + '/away', tree + '/d'));
      }`;
    for (let round = 0; round < 5; round += 1) {
      const tree = directoryAt(`tree-${round}`);
      const swapper = spawn(process.execPath, ['--input-type=module', '-e', text, tree, kept], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      await once(swapper.stdout, 'data');
      // Whether it can be emptied while somebody fills it is chance; that nothing outside is touched is not.
      const work = host.files.removeTree(tree).catch(() => undefined);
      setTimeout(() => swapper.kill('SIGKILL'), 200);
      await once(swapper, 'exit');
      await work;
      await host.files.removeTree(tree);
      assert.ok(!existsSync(at(`tree-${round}`)));
      assert.deepEqual(snapshotTree(kept), before);
    }
  });
});

import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Stowage } from '../support/stowage.ts';
import { snapshotTree } from '../support/tree-snapshot.ts';
import { assertNothingLeft, useStowage } from '../support/use-stowage.ts';

const SECRET = 'the secret of the host';
const ROUNDS = 12;
/** Most attempts fail, because something vanishes under the copy. */
const CLONES = 30;

/** A directory of the host that nobody has any business in. */
function plantSecret(stowage: Stowage): string {
  const outside = join(stowage.root, 'outside');
  mkdirSync(join(outside, 'deep'), { recursive: true });
  for (let index = 0; index < 20; index += 1) writeFileSync(join(outside, `secret-${String(index)}`), SECRET);
  writeFileSync(join(outside, 'deep', 'secret'), SECRET);
  return outside;
}

/**
 * A process of a container that keeps the volume's directory open and swaps directories for links to the outside as
 * fast as a walk can meet it: `swap-N` is a directory at one moment and a link at the next.
 */
async function whileSwapping(directory: string, outside: string, work: () => Promise<void>): Promise<void> {
  const program = `
    const { mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } = require('node:fs');
    const [directory, outside] = process.argv.slice(1);
    process.chdir(directory);
    for (let n = 0; n < 4; n += 1) {
      mkdirSync('swap-' + n, { recursive: true });
      for (let k = 0; k < 30; k += 1) writeFileSync('swap-' + n + '/file-' + k, 'ours');
      rmSync('link-' + n, { force: true });
      symlinkSync(outside, 'link-' + n);
    }
    process.stdout.write('ready');
    // Each state long enough for a walk over the tree to meet it.
    const rest = () => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, Math.random() * 3);
    for (;;) for (let n = 0; n < 4; n += 1) {
      try { renameSync('swap-' + n, 'away-' + n); renameSync('link-' + n, 'swap-' + n); } catch {}
      rest();
      try { renameSync('swap-' + n, 'link-' + n); renameSync('away-' + n, 'swap-' + n); } catch {}
      rest();
    }`;
  const child = spawn(process.execPath, ['-e', program, directory, outside], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  try {
    await once(child.stdout, 'data');
    await work();
  } finally {
    await end(child);
  }
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGKILL');
  await ended;
}

/** Looks for the secret without following links. */
async function findSecrets(stowage: Stowage, directory: string): Promise<string> {
  return await stowage.namespace.run('find', directory, '-name', 'secret*');
}

test('a clone of a tree whose directories are swapped for links meanwhile holds nothing of the host', async (context) => {
  const stowage = await useStowage(context);
  const outside = plantSecret(stowage);
  const before = snapshotTree(outside);
  await stowage.engine.create('source');
  const source = join(stowage.dataDirectory, 'volumes', 'source', 'data');
  let copied = 0;
  await whileSwapping(source, outside, async () => {
    for (let round = 0; round < CLONES; round += 1) {
      const name = `clone-${String(round)}`;
      // That a file vanishes under the copy may fail it; it must only never be answered with the host's files.
      const { body } = await stowage.call('VolumeDriver.Create', { Name: name, Opts: { from: 'source' } });
      if (body['Err'] !== undefined) continue;
      copied += 1;
      const clone = join(stowage.dataDirectory, 'volumes', name, 'data');
      assert.equal(await findSecrets(stowage, clone), '', 'the clone holds files of the host');
    }
  });
  context.diagnostic(`${String(copied)} of ${String(CLONES)} clones were made`);
  assert.deepEqual(snapshotTree(outside), before);
});

test('removing a tree whose directories are swapped for links meanwhile removes nothing else', async (context) => {
  const stowage = await useStowage(context);
  const outside = plantSecret(stowage);
  const before = snapshotTree(outside);
  for (let round = 0; round < ROUNDS; round += 1) {
    const name = `v-${String(round)}`;
    await stowage.engine.create(name);
    const data = join(stowage.dataDirectory, 'volumes', name, 'data');
    await whileSwapping(data, outside, async () => await stowage.engine.remove(name));
    assert.deepEqual(snapshotTree(outside), before);
  }
  // The trash of a tree that was written to all the time may take one more attempt.
  await stowage.engine.create('last');
  await stowage.engine.remove('last');
  await assertNothingLeft(stowage);
});

test('measuring a tree whose directories are swapped for links counts nothing of the host', async (context) => {
  const stowage = await useStowage(context);
  const outside = join(stowage.root, 'outside');
  mkdirSync(outside);
  writeFileSync(join(outside, 'large'), Buffer.alloc(64 * 1024 * 1024, 1));
  await stowage.engine.create('v');
  await whileSwapping(join(stowage.dataDirectory, 'volumes', 'v', 'data'), outside, async () => {
    for (let round = 0; round < 3; round += 1) {
      await stowage.engine.get('v');
      await new Promise((resolve) => setTimeout(resolve, 1_500));
      const { used = '0B' } = await stowage.engine.status('v');
      assert.doesNotMatch(used, /(6\d|7\d)(\.\d)?MiB|GiB/);
    }
  });
});

test('mounting and unmounting while the volume is swapped full of links', async (context) => {
  const stowage = await useStowage(context);
  const outside = plantSecret(stowage);
  const before = snapshotTree(outside);
  await stowage.engine.create('v');
  const data = statSync(join(stowage.dataDirectory, 'volumes', 'v', 'data')).ino;
  await whileSwapping(join(stowage.dataDirectory, 'volumes', 'v', 'data'), outside, async () => {
    for (let round = 0; round < ROUNDS; round += 1) {
      const target = await stowage.engine.mount('v', 'm');
      assert.equal(statSync(stowage.see(target)).ino, data, 'the mount shows something else');
      await stowage.engine.unmount('v', 'm');
    }
  });
  assert.deepEqual(snapshotTree(outside), before);
});

test('a path= directory swapped for a link during the mount shows either itself or nothing', async (context) => {
  const stowage = await useStowage(context, {
    environment: { STOWAGE_PATH_ROOTS: `${tmpdir()}/stowage-roots` },
  });
  const roots = join(tmpdir(), 'stowage-roots');
  const root = join(roots, String(process.pid));
  mkdirSync(join(root, 'share'), { recursive: true });
  context.after(() => rmSync(root, { recursive: true }));
  const outside = plantSecret(stowage);
  const before = snapshotTree(outside);
  const share = join(root, 'share');
  const inode = statSync(share).ino;
  await stowage.engine.create('v', { path: share });
  const program = `
    const { renameSync, symlinkSync } = require('node:fs');
    const [share, outside] = process.argv.slice(1);
    symlinkSync(outside, share + '.link');
    process.stdout.write('ready');
    for (;;) {
      renameSync(share, share + '.away'); renameSync(share + '.link', share);
      renameSync(share, share + '.link'); renameSync(share + '.away', share);
    }`;
  const swapper = spawn(process.execPath, ['-e', program, share, outside], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const outcomes = new Map<string, number>();
  try {
    await once(swapper.stdout, 'data');
    for (let round = 0; round < 60; round += 1) {
      const { body } = await stowage.call('VolumeDriver.Mount', { Name: 'v', ID: 'm' });
      const line = body['Err'];
      if (typeof line === 'string') {
        const code = /\((E_\w+)\)/.exec(line)?.[1] ?? line;
        assert.ok(['E_PATH_NOT_ALLOWED', 'E_INVALID_OPTION'].includes(code), line);
        outcomes.set(code, (outcomes.get(code) ?? 0) + 1);
        continue;
      }
      assert.equal(statSync(stowage.see(String(body['Mountpoint']))).ino, inode, 'the mount leads outside');
      outcomes.set('mounted', (outcomes.get('mounted') ?? 0) + 1);
      await stowage.engine.unmount('v', 'm');
    }
  } finally {
    await end(swapper);
  }
  context.diagnostic(JSON.stringify(Object.fromEntries(outcomes)));
  assert.deepEqual(snapshotTree(outside), before);
});

test('links, devices and set-id files that a container leaves in its volume reach nothing', async (context) => {
  const stowage = await useStowage(context, {
    environment: { STOWAGE_PATH_ROOTS: `${tmpdir()}/stowage-roots` },
  });
  const outside = plantSecret(stowage);
  const before = snapshotTree(outside);
  for (const [name, options] of [
    ['plain', null],
    ['image', { size: '16MiB' }],
  ] as const) {
    await stowage.engine.create(name, options);
    const target = await stowage.engine.mount(name, 'm');
    const script = `
      cd "$1" && ln -s "$2" to-outside && ln -s / root && ln -s loop loop && mkfifo fifo && mknod disk b 7 0 &&
      cp /bin/true setuid && chmod 6755 setuid && touch -- '-rf' "$(printf 'new\\nline')" && mkdir -p a/b/c &&
      ln -s ../../../../../../../.. a/up && ln -s /proc/self/root proc && chattr +i fifo 2>/dev/null || true`;
    await stowage.namespace.run('sh', '-c', script, 'sh', target, outside);
    await stowage.engine.unmount(name, 'm');
    await stowage.engine.create(`${name}-clone`, { from: name });
    await stowage.engine.get(name);
    await stowage.engine.remove(name);
    await stowage.engine.remove(`${name}-clone`);
  }
  await assertNothingLeft(stowage);
  assert.deepEqual(snapshotTree(outside), before);
});

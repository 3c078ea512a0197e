import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import type { MountedThing } from '../../../plugin/core/ports/host.ts';
import { createHost } from '../../../plugin/host/index.ts';
import { useHost } from '../../support/host-bench.ts';
import { MountNamespace } from '../../support/mount-namespace.ts';

const bench = useHost();

/** What a container of the engine has: a mount namespace of its own with private copies of all mounts. */
async function startContainer(t: TestContext): Promise<MountNamespace> {
  const container = await MountNamespace.create();
  t.after(() => container.close());
  return container;
}

async function mountTmpfs(target: string): Promise<MountedThing> {
  const { host } = bench();
  await host.files.makeDirectory(target);
  await host.mounts.mount({ source: 'none', target, fileSystem: 'tmpfs', options: [] });
  return host.mounts.identify(target);
}

describe('holders', () => {
  it('names a process that has a copy of our mount, until it has none', async (t) => {
    const { host, at } = bench();
    const thing = await mountTmpfs(at('t'));
    assert.deepEqual(await host.mounts.holders(thing, at('t')), []);
    const container = await startContainer(t);
    const holders = await host.mounts.holders(thing, at('t'));
    assert.deepEqual(
      holders.map(({ command }) => command),
      ['cat'],
    );
    assert.ok((holders[0]?.pid ?? 0) > 1);
    await host.mounts.unmount(at('t'));
    assert.deepEqual(
      await host.mounts.holders(thing, undefined),
      holders,
      'our own mount says nothing about others',
    );
    await container.run('umount', at('t'));
    assert.deepEqual(await host.mounts.holders(thing, undefined), []);
  });

  it('names one process for each namespace, the first', async (t) => {
    const { host, at } = bench();
    const thing = await mountTmpfs(at('t'));
    const containers = [await startContainer(t), await startContainer(t)];
    const before = await host.mounts.holders(thing, at('t'));
    assert.equal(before.length, 2);
    const more = containers.map((container) => container.spawn('sleep', ['60'], { stdio: 'ignore' }));
    assert.deepEqual(await host.mounts.holders(thing, at('t')), before);
    for (const child of more) child.kill('SIGKILL');
    await host.mounts.unmount(at('t'));
  });

  it('sees who has a directory of it, and not who has its neighbour', async (t) => {
    const { host, at } = bench();
    await mountTmpfs(at('t'));
    for (const name of ['v/sub', 'vv', 'elsewhere']) mkdirSync(join(at('t'), name), { recursive: true });
    const thing = await host.mounts.identify(at('t/v'));
    const container = await startContainer(t);
    const present = async (): Promise<number> => (await host.mounts.holders(thing, undefined)).length;
    assert.equal(await present(), 0, 'the whole file system around it is no claim on it');
    await container.run('mount', '--bind', at('t/vv'), at('t/elsewhere'));
    assert.equal(await present(), 0);
    await container.run('mount', '--bind', at('t/v/sub'), at('t/elsewhere'));
    assert.equal(await present(), 1);
    await host.mounts.unmount(at('t'));
  });

  it('passes over copies that the kernel makes and takes away with our own mount', async (t) => {
    const { host, at, directoryAt } = bench();
    const shared = directoryAt('shared');
    execFileSync('mount', ['--bind', '--make-shared', shared, shared]);
    const slave = spawn('unshare', ['--mount', '--propagation', 'slave', 'cat'], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    const peer = spawn('unshare', ['--mount', '--propagation', 'unchanged', 'cat'], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    t.after(() => [slave, peer].map((child) => child.kill('SIGKILL')));
    for (const child of [slave, peer]) {
      child.stdin.write('ready\n');
      await new Promise((resolve) => child.stdout.once('data', resolve));
    }
    const thing = await mountTmpfs(join(shared, 't'));
    assert.deepEqual(await host.mounts.holders(thing, join(shared, 't')), []);
    assert.equal((await host.mounts.holders(thing, undefined)).length, 2, 'the copies are there');
    const container = await startContainer(t);
    assert.equal((await host.mounts.holders(thing, join(shared, 't'))).length, 1);
    await container.close();
    await host.mounts.unmount(join(shared, 't'));
    assert.deepEqual(await host.mounts.holders(thing, undefined), [], 'and gone with it');
    for (const child of [slave, peer]) child.kill('SIGKILL');
    await host.mounts.unmount(at('shared'));
  });

  it('finds a btrfs by its disk, whose number its mounts do not show', async (t) => {
    const { host, at } = bench();
    await host.files.allocate(at('image'), 128 * 1024 * 1024);
    await host.fileSystems.format(at('image'), 'btrfs', []);
    const loop = await host.blockDevices.attachLoop(at('image'));
    await host.files.makeDirectory(at('t'));
    await host.mounts.mount({ source: loop.path, target: at('t'), fileSystem: 'btrfs', options: [] });
    const container = await startContainer(t);
    await host.mounts.unmount(at('t'));
    const thing = { device: loop.device, root: '/' };
    assert.equal((await host.mounts.holders(thing, undefined)).length, 1);
    await container.close();
    assert.deepEqual(await host.mounts.holders(thing, undefined), []);
    await loop.release();
  });

  it('reads the proc file system that it is told to', async (t) => {
    const { host, at, directoryAt, log } = bench();
    const thing = await mountTmpfs(at('t'));
    await startContainer(t);
    await host.mounts.bind('/proc', directoryAt('proc'), []);
    const elsewhere = createHost({ hostProc: at('proc'), runDirectory: at('run'), log });
    assert.deepEqual(
      await elsewhere.mounts.holders(thing, at('t')),
      await host.mounts.holders(thing, at('t')),
    );
    const nothing = createHost({ hostProc: directoryAt('empty'), runDirectory: at('run'), log });
    assert.deepEqual(await nothing.mounts.holders(thing, at('t')), []);
    for (const target of ['proc', 't']) await host.mounts.unmount(at(target));
  });

  it('does without the permission to look into other processes', async (t) => {
    const { host, at } = bench();
    const thing = await mountTmpfs(at('t'));
    await startContainer(t);
    const text = `
      const { createHost } = await import(process.argv[1]);
      const log = { debug() {}, info() {}, warn() {}, error() {} };
      const host = createHost({ hostProc: '/proc', runDirectory: process.argv[2] + '/run', log });
      const readable = await import('node:fs/promises').then(({ readlink }) => readlink('/proc/' + process.ppid + '/ns/mnt')).catch((error) => error.code);
      const holders = await host.mounts.holders(JSON.parse(process.argv[3]), process.argv[2] + '/t');
      process.stdout.write(JSON.stringify([readable, holders]));`;
    const entry = new URL('../../../plugin/host/index.ts', import.meta.url).href;
    const node = [
      process.execPath,
      '--input-type=module',
      '-e',
      text,
      entry,
      bench().directory,
      JSON.stringify(thing),
    ];
    const output = execFileSync('setpriv', ['--bounding-set', '-sys_ptrace', '--', ...node]).toString();
    assert.deepEqual(JSON.parse(output), ['EACCES', await host.mounts.holders(thing, at('t'))]);
    await host.mounts.unmount(at('t'));
  });

  it('does not mind processes that come and go', async () => {
    const { host, at } = bench();
    const thing = await mountTmpfs(at('t'));
    const churn = spawn('sh', ['-c', 'while :; do true | true | true; done'], { stdio: 'ignore' });
    try {
      for (let round = 0; round < 10; round += 1)
        assert.deepEqual(await host.mounts.holders(thing, at('t')), []);
    } finally {
      churn.kill('SIGKILL');
    }
    await host.mounts.unmount(at('t'));
  });
});

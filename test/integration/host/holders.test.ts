import assert from 'node:assert/strict';
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import type { MountedThing } from '../../../plugin/core/ports/host.ts';
import { createHost } from '../../../plugin/host/index.ts';
import { useHost } from '../../support/host-bench.ts';

const bench = useHost();

/** A mount namespace of its own, as a container of the engine and a service of the host have one. */
interface Neighbour {
  readonly pid: number;
  run(...command: string[]): void;
  /** Starts another process in it. */
  start(...command: string[]): ChildProcess;
  end(): Promise<void>;
}

/** A copy of all mounts, private as the engine makes it unless said otherwise. */
async function startNeighbour(t: TestContext, propagation = 'private'): Promise<Neighbour> {
  const child = spawn('unshare', ['--mount', '--propagation', propagation, 'cat'], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  child.stdin.write('ready\n');
  await once(child.stdout, 'data');
  const { pid } = child;
  assert.ok(pid !== undefined);
  const enter = ['--target', String(pid), '--mount', '--'];
  const end = async (): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGKILL');
    await once(child, 'exit');
  };
  t.after(end);
  return {
    pid,
    run: (...command) => void execFileSync('nsenter', [...enter, ...command]),
    start: (...command) => spawn('nsenter', [...enter, ...command], { stdio: 'ignore' }),
    end,
  };
}

/** Those of the neighbours that hold the thing; others than the test's own may run on the machine. */
async function holding(
  thing: MountedThing,
  ownTarget: string | undefined,
  neighbours: readonly Neighbour[],
): Promise<number[]> {
  const found = (await bench().host.mounts.holders(thing, ownTarget)).map(({ pid }) => pid);
  return neighbours.map(({ pid }) => pid).filter((pid) => found.includes(pid));
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
    const container = await startNeighbour(t);
    const holders = await host.mounts.holders(thing, at('t'));
    assert.deepEqual(
      holders.find(({ pid }) => pid === container.pid),
      { pid: container.pid, command: 'cat' },
    );
    assert.ok(
      !holders.some(({ pid }) => pid === process.pid || pid === process.ppid),
      'not those who share our mounts',
    );
    await host.mounts.unmount(at('t'));
    // Our own mount says nothing about others.
    assert.deepEqual(await holding(thing, undefined, [container]), [container.pid]);
    container.run('umount', at('t'));
    assert.deepEqual(await holding(thing, undefined, [container]), []);
  });

  it('names one process for each namespace, the first', async (t) => {
    const { host, at } = bench();
    const thing = await mountTmpfs(at('t'));
    const containers = [await startNeighbour(t), await startNeighbour(t)];
    const more = containers.map((container) => container.start('sleep', '60'));
    const expected = containers.map(({ pid }) => pid);
    const found = (await host.mounts.holders(thing, at('t'))).map(({ pid }) => pid);
    assert.deepEqual(
      expected.filter((pid) => found.includes(pid)),
      expected,
    );
    assert.ok(!more.some(({ pid }) => pid !== undefined && found.includes(pid)));
    for (const child of more) child.kill('SIGKILL');
    await host.mounts.unmount(at('t'));
  });

  it('sees who has a directory of it, and not who has its neighbour', async (t) => {
    const { host, at } = bench();
    await mountTmpfs(at('t'));
    for (const name of ['v/sub', 'vv', 'elsewhere']) mkdirSync(join(at('t'), name), { recursive: true });
    const thing = await host.mounts.identify(at('t/v'));
    const container = await startNeighbour(t);
    const present = async (): Promise<number> => (await holding(thing, undefined, [container])).length;
    assert.equal(await present(), 0, 'the whole file system around it is no claim on it');
    container.run('mount', '--bind', at('t/vv'), at('t/elsewhere'));
    assert.equal(await present(), 0);
    container.run('mount', '--bind', at('t/v/sub'), at('t/elsewhere'));
    assert.equal(await present(), 1);
    await host.mounts.unmount(at('t'));
  });

  it('passes over copies that the kernel makes and takes away with our own mount', async (t) => {
    const { host, at, directoryAt } = bench();
    const shared = directoryAt('shared');
    const target = join(shared, 't');
    execFileSync('mount', ['--bind', '--make-shared', shared, shared]);
    const [slave, peer] = [await startNeighbour(t, 'slave'), await startNeighbour(t, 'unchanged')];
    // Hands on to another what it gets, as a service of the host may.
    slave.run('mount', '--make-shared', shared);
    const copies = [slave, peer];
    const thing = await mountTmpfs(target);
    assert.deepEqual(await holding(thing, target, copies), []);
    assert.equal((await holding(thing, undefined, copies)).length, 2, 'the copies are there');
    const container = await startNeighbour(t);
    assert.deepEqual(await holding(thing, target, [...copies, container]), [container.pid]);
    await container.end();
    await host.mounts.unmount(target);
    assert.deepEqual(await holding(thing, undefined, copies), [], 'and gone with it');
    for (const each of copies) await each.end();
    await host.mounts.unmount(at('shared'));
  });

  it('names a container that has our mount elsewhere, as a slave of it: so the engine shows volumes', async (t) => {
    const { host, at, directoryAt } = bench();
    const shared = directoryAt('shared');
    const target = join(shared, 't');
    execFileSync('mount', ['--bind', '--make-shared', shared, shared]);
    const thing = await mountTmpfs(target);
    const container = await startNeighbour(t, 'slave');
    const inside = directoryAt('inside');
    assert.deepEqual(await holding(thing, target, [container]), []);
    container.run('mount', '--bind', target, inside);
    assert.deepEqual(await holding(thing, target, [container]), [container.pid]);
    await host.mounts.unmount(target);
    assert.deepEqual(
      await holding(thing, undefined, [container]),
      [container.pid],
      'and our unmount leaves it',
    );
    await container.end();
    await host.mounts.unmount(at('shared'));
  });

  it('finds a btrfs by its disk, whose number its mounts do not show', async (t) => {
    const { host, at } = bench();
    await host.files.allocate(at('image'), 128 * 1024 * 1024);
    await host.fileSystems.format(at('image'), 'btrfs', []);
    const loop = await host.blockDevices.attachLoop(at('image'));
    await host.files.makeDirectory(at('t'));
    await host.mounts.mount({ source: loop.path, target: at('t'), fileSystem: 'btrfs', options: [] });
    const container = await startNeighbour(t);
    await host.mounts.unmount(at('t'));
    const thing = { device: loop.device, root: '/' };
    assert.deepEqual(await holding(thing, undefined, [container]), [container.pid]);
    await container.end();
    await loop.release();
  });

  it('reads the proc file system that it is told to', async (t) => {
    const { host, at, directoryAt, log } = bench();
    const thing = await mountTmpfs(at('t'));
    const container = await startNeighbour(t);
    await host.mounts.bind('/proc', directoryAt('proc'), []);
    const elsewhere = createHost({ hostProc: at('proc'), runDirectory: at('run'), log });
    const found = (await elsewhere.mounts.holders(thing, at('t'))).map(({ pid }) => pid);
    assert.ok(found.includes(container.pid));
    const nothing = createHost({ hostProc: directoryAt('empty'), runDirectory: at('run'), log });
    assert.deepEqual(await nothing.mounts.holders(thing, at('t')), []);
    for (const target of ['proc', 't']) await host.mounts.unmount(at(target));
  });

  it('does without the permission to look into other processes', async (t) => {
    const { host, at } = bench();
    const thing = await mountTmpfs(at('t'));
    const container = await startNeighbour(t);
    const text = `
      import { readlink } from 'node:fs/promises';
      const [entry, directory, thing, neighbour] = process.argv.slice(1);
      const { createHost } = await import(entry);
      const log = { debug() {}, info() {}, warn() {}, error() {} };
      const host = createHost({ hostProc: '/proc', runDirectory: directory + '/run', log });
      const permission = await readlink('/proc/' + neighbour + '/ns/mnt').catch((error) => error.code);
      const holders = await host.mounts.holders(JSON.parse(thing), directory + '/t');
      const pids = holders.map(({ pid }) => pid);
      process.stdout.write(JSON.stringify([permission, pids.includes(Number(neighbour)), pids.includes(process.ppid)]));`;
    const entry = new URL('../../../plugin/host/index.ts', import.meta.url).href;
    const node = [process.execPath, '--input-type=module', '-e', text, entry, bench().directory];
    const values = [JSON.stringify(thing), String(container.pid)];
    const output = execFileSync('setpriv', [
      '--bounding-set',
      '-sys_ptrace',
      '--',
      ...node,
      ...values,
    ]).toString();
    assert.deepEqual(JSON.parse(output), ['EACCES', true, false]);
    await host.mounts.unmount(at('t'));
  });

  it('does not mind processes that come and go', async (t) => {
    const { host, at } = bench();
    const thing = await mountTmpfs(at('t'));
    const container = await startNeighbour(t);
    const churn = spawn('sh', ['-c', 'while :; do true | true | true; done'], { stdio: 'ignore' });
    try {
      for (let round = 0; round < 10; round += 1) {
        assert.deepEqual(await holding(thing, at('t'), [container]), [container.pid]);
      }
    } finally {
      churn.kill('SIGKILL');
    }
    await host.mounts.unmount(at('t'));
  });
});

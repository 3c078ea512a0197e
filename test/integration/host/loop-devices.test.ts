import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { basename } from 'node:path';
import { describe, it } from 'node:test';
import type { LoopDevice } from '../../../plugin/core/ports/host.ts';
import { deviceNode } from '../../../plugin/host/device-nodes.ts';
import { freeLoop, showFileInSteps } from '../../../plugin/host/loop-ioctl.ts';
import { eventually } from '../../support/eventually.ts';
import { thrownBy, useHost } from '../../support/host-bench.ts';
import { loopsBelow } from '../../support/loop-devices.ts';

const bench = useHost();
const MIB = 1024 * 1024;

function sysfs(loop: LoopDevice, name: string): string {
  return readFileSync(`/sys/block/${basename(loop.path)}/${name}`, 'utf8').trim();
}

describe('a loop device', () => {
  it('shows the file, goes by itself, and is not made twice', async () => {
    const { host, at } = bench();
    await host.files.allocate(at('image'), MIB);
    assert.equal(await host.blockDevices.findLoop(at('image')), undefined);
    const loop = await host.blockDevices.attachLoop(at('image'));
    assert.equal(sysfs(loop, 'dev'), loop.device);
    assert.equal(sysfs(loop, 'size'), String(MIB / 512));
    assert.equal(sysfs(loop, 'loop/autoclear'), '1');
    assert.equal(sysfs(loop, 'queue/logical_block_size'), '512');
    writeFileSync(loop.path, 'data');
    const found = await host.blockDevices.findLoop(at('image'));
    assert.equal(found?.device, loop.device);
    await loop.release();
    assert.equal(loopsBelow(bench().directory).length, 1, 'the found one holds it too');
    await found.release();
    await found.release();
    await eventually(() => assert.deepEqual(loopsBelow(bench().directory), []));
    assert.equal(await host.blockDevices.findLoop(at('image')), undefined);
    assert.equal(readFileSync(at('image')).subarray(0, 5).toString(), 'data\0');
  });

  it('uses direct I/O, so that nothing is cached twice', async () => {
    const { host, at } = bench();
    await host.files.allocate(at('image'), MIB);
    const loop = await host.blockDevices.attachLoop(at('image'));
    assert.equal(sysfs(loop, 'loop/dio'), '1');
    await loop.release();
  });

  it('works on a file system without direct I/O', async () => {
    const { host, directoryAt } = bench();
    const target = directoryAt('t');
    await host.mounts.mount({ source: 'none', target, fileSystem: 'ramfs', options: [] });
    await host.files.allocate(`${target}/image`, MIB);
    const loop = await host.blockDevices.attachLoop(`${target}/image`);
    assert.equal(sysfs(loop, 'size'), String(MIB / 512));
    await loop.release();
    await eventually(() => assert.deepEqual(loopsBelow(bench().directory), []));
    await host.mounts.unmount(target);
  });

  it('grows with its file', async () => {
    const { host, at } = bench();
    await host.files.allocate(at('image'), MIB);
    const loop = await host.blockDevices.attachLoop(at('image'));
    await host.files.allocate(at('image'), 3 * MIB);
    await host.blockDevices.refreshLoop(loop);
    assert.equal(sysfs(loop, 'size'), String((3 * MIB) / 512));
    await loop.release();
  });

  it('is found by what the file is, not by how it is called', async () => {
    const { host, at, directoryAt } = bench();
    await host.files.allocate(at('image'), MIB);
    const loop = await host.blockDevices.attachLoop(at('image'));
    // The same name elsewhere, a copy in its old place, and the file itself under a way that the kernel never saw.
    directoryAt('other');
    await host.files.allocate(at('other/image'), MIB);
    assert.equal(await host.blockDevices.findLoop(at('other/image')), undefined);
    const view = directoryAt('view');
    await host.mounts.bind(at(''), view, []);
    const found = await host.blockDevices.findLoop(`${view}/image`);
    assert.equal(found?.device, loop.device);
    await found.release();
    await host.mounts.unmount(view);
    directoryAt('moved');
    renameSync(at('image'), at('moved/image'));
    await host.files.allocate(at('image'), MIB);
    assert.equal(await host.blockDevices.findLoop(at('image')), undefined);
    const moved = await host.blockDevices.findLoop(at('moved/image'));
    assert.equal(moved?.device, loop.device);
    await moved.release();
    await loop.release();
  });

  it('is there for many at once, each with its own', async () => {
    const { host, at } = bench();
    const names = Array.from({ length: 12 }, (_, index) => at(`image-${index}`));
    await Promise.all(names.map((name) => host.files.allocate(name, MIB)));
    const loops = await Promise.all(names.map((name) => host.blockDevices.attachLoop(name)));
    assert.equal(new Set(loops.map(({ device }) => device)).size, names.length);
    for (const [index, loop] of loops.entries()) {
      assert.equal(sysfs(loop, 'loop/backing_file'), names[index]);
    }
    const found = await Promise.all(names.map((name) => host.blockDevices.findLoop(name)));
    assert.deepEqual(
      found.map((each) => each?.device),
      loops.map(({ device }) => device),
    );
    for (const each of [...found, ...loops]) await each?.release();
  });

  it('works the same on kernels that take two calls', async () => {
    const { host, at } = bench();
    await host.files.allocate(at('image'), MIB);
    const handles = await Promise.all([open('/dev/loop-control', 'r+'), open(at('image'), 'r+')]);
    const [control, image] = handles;
    const path = `/dev/loop${freeLoop(control.fd)}`;
    const loop = await open(path, 'r+');
    showFileInSteps(loop.fd, image.fd, at('image'));
    const found = await host.blockDevices.findLoop(at('image'));
    assert.equal(found?.path, path);
    assert.deepEqual([sysfs(found, 'loop/autoclear'), sysfs(found, 'loop/dio')], ['1', '1']);
    await found.release();
    for (const handle of [...handles, loop]) await handle.close();
  });

  it('is found or not found, and nothing else, while it goes', async () => {
    const { host, at } = bench();
    await host.files.allocate(at('image'), MIB);
    for (let round = 0; round < 30; round += 1) {
      const loop = await host.blockDevices.attachLoop(at('image'));
      const [found] = await Promise.all([host.blockDevices.findLoop(at('image')), loop.release()]);
      if (found === undefined) continue;
      assert.equal(sysfs(found, 'loop/backing_file'), at('image'), 'a found device stays');
      await found.release();
    }
  });

  it('is refused for what is absent or no file', async () => {
    const { host, at, directoryAt } = bench();
    assert.equal(await host.blockDevices.findLoop(at('absent')), undefined);
    await thrownBy(() => host.blockDevices.attachLoop(at('absent')), 'E_DEVICE_UNAVAILABLE');
    const error = await thrownBy(
      () => host.blockDevices.attachLoop(directoryAt('d')),
      'E_DEVICE_UNAVAILABLE',
    );
    assert.match(error.message, /directory/);
  });
});

describe('without nodes in /dev', () => {
  it('makes its own, in a directory of its own', async () => {
    const { host, at, directory } = bench();
    // A name that no other program's image has, whose device would be looked at too.
    const name = `image-of-${basename(directory)}`;
    await host.files.allocate(at(name), MIB);
    // The same work in a mount namespace whose /dev is empty, as a managed plugin has it.
    const text = `
      const { createHost } = await import(process.argv[1]);
      const log = { debug() {}, info() {}, warn() {}, error() {} };
      const host = createHost({ hostProc: '/proc', runDirectory: process.argv[2] + '/run', log });
      const loop = await host.blockDevices.attachLoop(process.argv[3]);
      const found = await host.blockDevices.findLoop(process.argv[3]);
      process.stdout.write(loop.path + ' ' + (found?.path === loop.path));
      await host.blockDevices.refreshLoop(loop);`;
    const entry = new URL('../../../plugin/host/index.ts', import.meta.url).href;
    const node = [process.execPath, '--input-type=module', '-e', text, entry, directory, at(name)];
    const hidden = 'mount -t tmpfs none /dev && exec "$@"';
    const output = execFileSync('unshare', ['--mount', 'sh', '-c', hidden, 'sh', ...node]).toString();
    assert.match(output, new RegExp(`^${at('run/dev/loop')}\\d+ true$`));
    assert.deepEqual(
      readdirSync(at('run/dev'))
        .toSorted()
        .map((name) => name.replace(/\d+/, '')),
      ['loop-control', 'loop'],
    );
    assert.equal(statSync(at('run/dev')).mode & 0o777, 0o700);
  });

  it('replaces a node of another device, and takes the one in /dev when that is right', async () => {
    const { at } = bench();
    const wanted = { name: 'no-such-name', kind: 'character', device: '1:3' } as const;
    mkdirSync(at('dev'));
    execFileSync('mknod', [at('dev/no-such-name'), 'c', '1', '5']);
    assert.equal(await deviceNode(wanted, at('dev')), at('dev/no-such-name'));
    assert.equal(statSync(at('dev/no-such-name')).rdev, statSync('/dev/null').rdev);
    assert.equal(await deviceNode({ ...wanted, name: 'null' }, at('dev')), '/dev/null');
    assert.equal(await deviceNode({ ...wanted, name: 'zero' }, at('dev')), at('dev/zero'));
  });
});

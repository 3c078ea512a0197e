import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import type { ManagedPlugin } from '../support/managed-plugin.ts';
import type { Scenarios } from '../support/scenario.ts';
import type { Stage } from '../support/stage.ts';

const MEBIBYTE = 1024 ** 2;
const CAP_SYS_RESOURCE = 24n;
const FILL = 'dd if=/dev/zero of=/data/flood bs=1M 2>&1; stat -c %s /data/flood';

/** Bytes of the file system that a container sees on /data. */
async function capacity(stage: Stage, container: string): Promise<number> {
  const blocks = await stage.docker('exec', container, 'stat', '-f', '-c', '%b %S', '/data');
  const [count = Number.NaN, size = Number.NaN] = blocks.split(' ').map(Number);
  return count * size;
}

async function holdsWhatItShould(stage: Stage, fsType: string, size: number): Promise<void> {
  await stage.create('disk', `size=${String(size)}MiB`, `fsType=${fsType}`);
  assert.equal(await stage.status('disk', 'fileSystem'), fsType);
  const seen = await stage.run('disk', 'echo data > /data/page; grep " /data " /proc/mounts');
  assert.equal(seen.split(' ')[2], fsType);
  assert.equal(await stage.run('disk', 'cat /data/page'), 'data');
}

/** The engine itself answers a second `docker volume create`, so this one goes to the socket (docs/operations.md). */
async function grow({ driver }: Stage, size: string): Promise<Record<string, unknown>> {
  return await driver.client.call('VolumeDriver.Create', { Name: 'growing', Opts: { size } });
}

async function growsInUse(stage: Stage, fsType: string, from: number, to: number): Promise<void> {
  await stage.create('growing', `size=${String(from)}MiB`, `fsType=${fsType}`);
  await stage.start('user', 'growing', 'echo data > /data/page; sleep 1000');
  const before = await capacity(stage, 'user');
  assert.deepEqual(await grow(stage, `${String(to)}MiB`), {});
  const after = await capacity(stage, 'user');
  const added = (to - from) * MEBIBYTE;
  assert.ok(
    after - before > added * 0.7 && after - before < added * 1.1,
    `${String(before)} → ${String(after)} bytes`,
  );
  const fill = `dd if=/dev/zero of=/data/more bs=1M count=${String(from)} && cat /data/page`;
  assert.equal(await stage.docker('exec', 'user', 'sh', '-c', fill), 'data');
  await stage.docker('rm', '--force', 'user');
  assert.equal(await stage.status('growing', 'size'), `${String(to)}MiB`);
  assert.equal(
    await stage.run('growing', 'cat /data/page; stat -c %s /data/more'),
    `data\n${String(from * MEBIBYTE)}`,
  );
}

/** The kernel asks for CAP_SYS_RESOURCE; a machine that lacks it cannot give it to the plugin. */
async function mayGrowExt4InUse({ driver }: Stage<ManagedPlugin>): Promise<boolean> {
  const status = await readFile(`/proc/${String(await driver.pid())}/status`, 'utf8');
  const effective = /^CapEff:\s+([0-9a-f]+)$/m.exec(status)?.[1] ?? '0';
  return ((BigInt(`0x${effective}`) >> CAP_SYS_RESOURCE) & 1n) === 1n;
}

/** Volumes with `size`: a hard cap. */
export const sizedVolumes: Scenarios = {
  'a container that fills its volume gets ENOSPC, and nothing else breaks': async (stage) => {
    await stage.create('small', 'size=32MiB');
    await stage.create('neighbour', 'size=32MiB');
    const output = await stage.run('small', FILL);
    assert.match(output, /No space left on device/);
    const written = Number(output.split('\n').at(-1));
    assert.ok(written > 20 * 1024 ** 2 && written <= 32 * 1024 ** 2, `${String(written)} bytes fit`);
    assert.equal(await stage.run('neighbour', 'echo fine > /data/page; cat /data/page'), 'fine');
    assert.equal(
      await stage.run('small', 'rm /data/flood; echo again > /data/page; cat /data/page'),
      'again',
    );
  },

  'an xfs grows under the running container': async (stage) => {
    await growsInUse(stage, 'xfs', 320, 640);
  },

  'a btrfs grows under the running container': async (stage) => {
    await growsInUse(stage, 'btrfs', 160, 320);
  },

  'an ext4 grows under the running container where the kernel lets the plugin, else at the next mount':
    async (stage) => {
      if (await mayGrowExt4InUse(stage)) {
        await growsInUse(stage, 'ext4', 32, 96);
        return;
      }
      await stage.create('growing', 'size=32MiB');
      await stage.start('user', 'growing', 'echo data > /data/page; sleep 1000');
      const before = await capacity(stage, 'user');
      const { Err } = await grow(stage, '96MiB');
      assert.match(String(Err), /Stop the containers that use it: it grows at the next mount/);
      assert.equal(await capacity(stage, 'user'), before);
      await stage.docker('rm', '--force', 'user');
      assert.deepEqual(await grow(stage, '96MiB'), {});
      await stage.start('user', 'growing');
      const after = await capacity(stage, 'user');
      assert.ok(after > 2 * before, `${String(before)} → ${String(after)} bytes`);
      assert.equal(await stage.docker('exec', 'user', 'cat', '/data/page'), 'data');
      await stage.docker('rm', '--force', 'user');
    },

  'a smaller size is refused and changes nothing': async (stage) => {
    await stage.create('growing', 'size=64MiB');
    const { Err } = await grow(stage, '32MiB');
    assert.match(String(Err), /\(E_VOLUME_EXISTS\)/);
    assert.equal(await stage.status('growing', 'size'), '64MiB');
  },

  'ext4 holds data': async (stage) => {
    await holdsWhatItShould(stage, 'ext4', 32);
  },

  'xfs holds data': async (stage) => {
    await holdsWhatItShould(stage, 'xfs', 320);
  },

  'btrfs holds data': async (stage) => {
    await holdsWhatItShould(stage, 'btrfs', 160);
  },

  'mount options and mkfs options take effect': async (stage) => {
    await stage.create('tuned', 'size=64MiB', 'mountOptions=noatime', 'mkfsOptions=-m 0 -N 512');
    const [mounted = '', inodes] = (
      await stage.run('tuned', 'grep " /data " /proc/mounts; stat -f -c %c /data')
    ).split('\n');
    assert.ok(mounted.split(' ')[3]?.split(',').includes('noatime'), mounted);
    assert.equal(inodes, '512');
  },
};

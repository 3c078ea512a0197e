import assert from 'node:assert/strict';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { startStowage } from '../support/stowage.ts';
import { assertNothingLeft, useStowage } from '../support/use-stowage.ts';
import {
  assertAnswers,
  assertData,
  assertRefused,
  beside,
  healed,
  onExt4,
  prepareStowage,
  volumeWithData,
} from './bench.ts';
import { mountHung } from './hung.ts';

describe('mounts', () => {
  test('busy with an open file and with a working directory of a host process', async (context) => {
    const stowage = await useStowage(context);
    await volumeWithData(stowage, 'v');
    const target = await stowage.engine.mount('v', 'm');
    const holds = 'cd "$1" && exec 9<kept && echo held && exec sleep 60';
    const release = await beside(stowage, 'sh', '-c', holds, 'sh', target);
    await stowage.engine.unmount('v', 'm');
    assert.deepEqual(stowage.mounts(), []);
    await assertData(stowage, 'v');
    await release();
    await stowage.engine.remove('v');
    await assertNothingLeft(stowage);
  });

  test('a capped volume that is busy is not mounted twice and keeps what is written', async (context) => {
    const stowage = await useStowage(context);
    await volumeWithData(stowage, 'v', { size: '32MiB' });
    const target = await stowage.engine.mount('v', 'm');
    const writes = 'exec 9>"$1/late" && echo held && sleep 3 && echo written >&9 && exec sleep 60';
    const release = await beside(stowage, 'sh', '-c', writes, 'sh', target);
    await stowage.engine.unmount('v', 'm');
    const again = await stowage.engine.mount('v', 'n');
    assert.equal(stowage.loops().length, 1, 'the image has more than one loop device');
    await healed(async () => {
      assert.equal(await stowage.namespace.run('cat', join(again, 'late')), 'written\n');
    });
    await stowage.engine.unmount('v', 'n');
    await release();
    await assertData(stowage, 'v');
    await assertNothingLeft(stowage);
  });

  test('vanished behind our back: Get, Unmount and Mount go on', async (context) => {
    const stowage = await useStowage(context);
    await volumeWithData(stowage, 'v');
    const target = await stowage.engine.mount('v', 'a');
    await stowage.engine.mount('v', 'b');
    await stowage.namespace.run('umount', target);
    assert.equal((await stowage.engine.get('v')).Name, 'v');
    await stowage.engine.unmount('v', 'a');
    assert.equal(await stowage.engine.mount('v', 'c'), target);
    assert.equal(await stowage.namespace.run('cat', join(target, 'kept')), 'data of v');
    await stowage.engine.unmount('v', 'c');
    await stowage.engine.unmount('v', 'b');
    await assertNothingLeft(stowage);
  });

  test('vanished with its mount point', async (context) => {
    const stowage = await useStowage(context);
    await volumeWithData(stowage, 'v');
    const target = await stowage.engine.mount('v', 'a');
    await stowage.namespace.run('umount', target);
    await stowage.namespace.run('rmdir', target);
    await stowage.engine.unmount('v', 'a');
    await assertData(stowage, 'v');
    await assertNothingLeft(stowage);
  });

  test('another file system mounted over a volume', async (context) => {
    const stowage = await useStowage(context);
    await volumeWithData(stowage, 'v');
    const target = await stowage.engine.mount('v', 'a');
    await stowage.namespace.run('mount', '-t', 'tmpfs', 'intruder', target);
    await stowage.engine.unmount('v', 'a');
    assert.deepEqual(stowage.mounts(), []);
    await assertData(stowage, 'v');
  });

  test('something mounted on the mount point of a volume that is not mounted', async (context) => {
    const stowage = await useStowage(context);
    await volumeWithData(stowage, 'v');
    const target = join(stowage.mountsDirectory, 'v');
    await stowage.namespace.run('mkdir', target);
    await stowage.namespace.run('mount', '-t', 'tmpfs', 'intruder', target);
    const shown = await stowage.engine.mount('v', 'a');
    context.diagnostic(await stowage.namespace.run('ls', shown));
    await stowage.engine.unmount('v', 'a');
    assert.deepEqual(stowage.mounts(), []);
    await assertData(stowage, 'v');
  });

  test('a file where the mount point should be', async (context) => {
    const stowage = await useStowage(context);
    await volumeWithData(stowage, 'v');
    const target = join(stowage.mountsDirectory, 'v');
    writeFileSync(stowage.see(target), 'precious');
    await assertRefused(stowage, stowage.engine.mount('v', 'a'), 'E_HOST_FAILED', /is in the way/);
    assert.equal(await stowage.namespace.run('cat', target), 'precious');
    await stowage.namespace.run('rm', target);
    await assertData(stowage, 'v');
  });

  test('no place for mount points', async (context) => {
    const stowage = await useStowage(context);
    await volumeWithData(stowage, 'v');
    await stowage.namespace.run('mount', '-o', 'bind,remount,ro', stowage.mountsDirectory);
    await assertRefused(stowage, stowage.engine.mount('v', 'a'), 'E_HOST_FAILED', /writable/);
    await stowage.namespace.run('mount', '-o', 'bind,remount,rw', stowage.mountsDirectory);
    await assertData(stowage, 'v');
    await assertNothingLeft(stowage);
  });
});

describe('a host directory on a file system that hangs', () => {
  test('its calls end with advice, however many there are; all other volumes go on; it heals', async (context) => {
    const stowage = await startStowage({ environment: { STOWAGE_PATH_ROOTS: tmpdir() } });
    context.after(async () => await stowage.close());
    const directory = join(stowage.root, 'share');
    mkdirSync(directory);
    await stowage.engine.create('share', { path: directory });
    await volumeWithData(stowage, 'other');
    const heal = await mountHung(stowage, directory);
    context.after(heal);
    // More than the four threads that Node has for files.
    const calls = Array.from({ length: 12 }, async (_, index) => {
      const refused = stowage.engine.create(`hung-${String(index)}`, { path: join(directory, 'x') });
      await assertRefused(stowage, refused, 'E_HOST_FAILED', /does not answer.*repeat/);
    });
    calls.push(
      assertRefused(stowage, stowage.engine.mount('share', 'm'), 'E_HOST_FAILED', /does not answer/).then(
        () => undefined,
      ),
    );
    const begin = performance.now();
    for (let round = 0; round < 5; round += 1) await assertData(stowage, 'other');
    assert.ok(performance.now() - begin < 5_000, 'volumes on healthy disks were held up');
    assert.equal((await stowage.engine.get('share')).Name, 'share');
    await Promise.all(calls);
    await heal();
    await stowage.engine.mount('share', 'm');
    await stowage.engine.unmount('share', 'm');
  });

  test('it hangs while it is mounted: it can still be given back', async (context) => {
    const stowage = await startStowage({ environment: { STOWAGE_PATH_ROOTS: tmpdir() } });
    context.after(async () => await stowage.close());
    const directory = join(stowage.root, 'share');
    mkdirSync(directory);
    await stowage.engine.create('share', { path: directory });
    const target = await stowage.engine.mount('share', 'm');
    const heal = await mountHung(stowage, target);
    context.after(heal);
    assert.equal((await stowage.engine.get('share')).Name, 'share');
    assert.equal(await stowage.engine.mount('share', 'n'), target);
    await stowage.engine.unmount('share', 'n');
    await stowage.engine.unmount('share', 'm');
    assert.deepEqual(stowage.mounts(), []);
    await heal();
    await stowage.engine.remove('share');
  });

  test('frozen, as while a snapshot is taken: nothing but its own writes wait', async (context) => {
    const stowage = await prepareStowage(context, { environment: { STOWAGE_PATH_ROOTS: tmpdir() } });
    const directory = join(stowage.root, 'frozen');
    await onExt4(stowage, directory);
    await stowage.namespace.run('mkdir', join(directory, 'd'));
    await stowage.start();
    await stowage.engine.create('v', { path: join(directory, 'd') });
    await volumeWithData(stowage, 'other');
    await stowage.namespace.run('fsfreeze', '-f', directory);
    try {
      await stowage.engine.mount('v', 'm');
      await stowage.engine.unmount('v', 'm');
      await assertData(stowage, 'other');
    } finally {
      await stowage.namespace.run('fsfreeze', '-u', directory);
    }
    await assertNothingLeft(stowage);
  });

  test('the disk of Stowage itself frozen: calls wait for it and then succeed', async (context) => {
    const stowage = await prepareStowage(context);
    await onExt4(stowage, stowage.dataDirectory);
    await stowage.start();
    await volumeWithData(stowage, 'v');
    await stowage.namespace.run('fsfreeze', '-f', stowage.dataDirectory);
    const thaw = setTimeout(() => void stowage.namespace.run('fsfreeze', '-u', stowage.dataDirectory), 1_500);
    context.after(() => clearTimeout(thaw));
    await stowage.engine.create('w');
    await assertData(stowage, 'v');
  });
});

describe('a host directory that changes behind our back', () => {
  test('gone: the error says so, and the volume can be removed even after a restart of the machine', async (context) => {
    const stowage = await startStowage({ environment: { STOWAGE_PATH_ROOTS: tmpdir() } });
    context.after(async () => await stowage.close());
    const directory = join(stowage.root, 'share');
    mkdirSync(directory);
    await stowage.engine.create('share', { path: directory });
    await stowage.engine.mount('share', 'm');
    await stowage.cutPower();
    rmSync(directory, { recursive: true });
    await stowage.start();
    await assertRefused(
      stowage,
      stowage.engine.mount('share', 'n'),
      'E_INVALID_OPTION',
      /Make the directory/,
    );
    await stowage.engine.remove('share');
    await assertAnswers(stowage);
  });
});

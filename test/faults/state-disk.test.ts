import assert from 'node:assert/strict';
import { existsSync, mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { assertNothingLeft } from '../support/use-stowage.ts';
import {
  assertAnswers,
  assertData,
  assertNoAnswer,
  assertRefused,
  crash,
  dataFile,
  fill,
  healed,
  onExt4,
  onSmallDisk,
  prepareStowage,
  volumeWithData,
} from './bench.ts';

describe('the disk of the state', () => {
  test('full when the program starts', async (context) => {
    const stowage = await prepareStowage(context);
    await onSmallDisk(stowage);
    const free = await fill(stowage);
    await stowage.start();
    await assertRefused(stowage, stowage.engine.create('a'), 'E_STATE_UNAVAILABLE', /Free space/);
    await assertNoAnswer(stowage, 'a');
    await free();
    await healed(async () => await stowage.engine.create('a'));
    assert.equal((await stowage.engine.get('a')).Name, 'a');
  });

  test('full while it serves: nothing new, all that is known answers, and it heals', async (context) => {
    const stowage = await prepareStowage(context);
    await onSmallDisk(stowage);
    await stowage.start();
    await volumeWithData(stowage, 'old');
    const free = await fill(stowage);
    const failures: string[] = [];
    for (let index = 0; index < 40; index += 1) {
      const { body } = await stowage.call('VolumeDriver.Create', { Name: `n${String(index)}`, Opts: null });
      if (typeof body['Err'] === 'string') failures.push(body['Err']);
    }
    assert.ok(failures.length > 0, 'the disk was not full');
    for (const line of failures) assert.match(line, /\((E_NO_SPACE|E_STATE_UNAVAILABLE)\).*Free space/);
    await assertAnswers(stowage);
    assert.equal((await stowage.engine.get('old')).Name, 'old');
    await free();
    await stowage.engine.create('after');
    await assertData(stowage, 'old');
    await crash(stowage);
    await assertData(stowage, 'old');
    assert.equal((await stowage.engine.get('after')).Name, 'after');
    await assertNothingLeft(stowage);
  });

  for (const [disk, prepare] of [
    ['tmpfs', onSmallDisk],
    [
      'ext4',
      async (stowage: Parameters<typeof onSmallDisk>[0]) =>
        await onExt4(stowage, stowage.dataDirectory, 16 << 20),
    ],
  ] as const) {
    test(`full (${disk}): removing a volume is the way out`, async (context) => {
      const stowage = await prepareStowage(context);
      await prepare(stowage);
      await stowage.start();
      await volumeWithData(stowage, 'small');
      await stowage.engine.create('hog');
      const target = await stowage.engine.mount('hog', 'h');
      await fill(stowage, target);
      await stowage.engine.unmount('hog', 'h');
      await fill(stowage, join(stowage.dataDirectory, 'volumes'));
      await stowage.engine.remove('hog');
      await healed(async () => await stowage.engine.create('next'));
      await assertData(stowage, 'small');
    });
  }

  test('full: what exists is mounted and unmounted as always, again after a restart', async (context) => {
    const stowage = await prepareStowage(context);
    await onSmallDisk(stowage);
    await stowage.start();
    await volumeWithData(stowage, 'v');
    await fill(stowage);
    for (let index = 0; index < 30; index += 1) await assertData(stowage, 'v');
    await stowage.stop();
    await fill(stowage);
    await stowage.start();
    await healed(async () => await assertData(stowage, 'v'));
    await fill(stowage);
    for (let index = 0; index < 30; index += 1) await assertData(stowage, 'v');
    await assertNothingLeft(stowage);
    await stowage.engine.remove('v');
  });

  test('read-only when the program starts', async (context) => {
    const stowage = await prepareStowage(context);
    await onSmallDisk(stowage);
    await stowage.start();
    await volumeWithData(stowage, 'v');
    await stowage.stop();
    await stowage.namespace.run('mount', '-o', 'remount,ro', stowage.dataDirectory);
    await stowage.start();
    await assertRefused(stowage, stowage.engine.create('w'), 'E_STATE_UNAVAILABLE', /writable|written/);
    await assertNoAnswer(stowage, 'v');
    await stowage.namespace.run('mount', '-o', 'remount,rw', stowage.dataDirectory);
    await healed(async () => await assertData(stowage, 'v'));
  });

  test('the kernel makes the file system read-only while it serves, as after a disk error', async (context) => {
    const stowage = await prepareStowage(context);
    const image = await onExt4(stowage, stowage.dataDirectory);
    await stowage.start();
    await volumeWithData(stowage, 'v');
    await stowage.namespace.run('mount', '-o', 'remount,abort', stowage.dataDirectory).catch(() => '');
    await assertRefused(stowage, stowage.engine.create('w'), 'E_STATE_UNAVAILABLE', /repeat/);
    await assertRefused(stowage, stowage.engine.mount('v', 'm'), 'E_STATE_UNAVAILABLE', /repeat/);
    assert.equal((await stowage.engine.get('v')).Name, 'v');
    assert.deepEqual(stowage.mounts(), [], 'a mount without a claim is left');
    await stowage.stop();
    await stowage.namespace.run('umount', stowage.dataDirectory);
    await stowage.namespace.run('e2fsck', '-p', image).catch(() => '');
    await stowage.namespace.run('mount', '-o', 'loop', image, stowage.dataDirectory);
    await stowage.start();
    await assertData(stowage, 'v');
  });

  test('the directory is missing: it is made, for root only', async (context) => {
    const stowage = await prepareStowage(context);
    await stowage.start();
    await volumeWithData(stowage, 'v');
    await assertData(stowage, 'v');
    for (const part of ['state', 'volumes']) {
      assert.equal(statSync(dataFile(stowage, part)).mode & 0o077, 0, `${part} can be read by others`);
    }
  });

  test('the directory is a file', async (context) => {
    const stowage = await prepareStowage(context);
    writeFileSync(stowage.dataDirectory, 'precious');
    await stowage.start();
    await assertRefused(
      stowage,
      stowage.engine.create('v'),
      'E_STATE_UNAVAILABLE',
      /STOWAGE_DATA is a directory/,
    );
    await assertNoAnswer(stowage, 'v');
    assert.equal(await stowage.namespace.run('cat', stowage.dataDirectory), 'precious');
    rmSync(stowage.dataDirectory);
    await healed(async () => await volumeWithData(stowage, 'v'));
  });

  test('the state directory is a file', async (context) => {
    const stowage = await prepareStowage(context);
    mkdirSync(stowage.dataDirectory);
    writeFileSync(join(stowage.dataDirectory, 'state'), 'precious');
    await stowage.start();
    await assertRefused(stowage, stowage.engine.create('v'), 'E_STATE_UNAVAILABLE', /STOWAGE_DATA/);
    rmSync(join(stowage.dataDirectory, 'state'));
    await healed(async () => await volumeWithData(stowage, 'v'));
  });

  test('the directory takes no new files', async (context) => {
    const stowage = await prepareStowage(context);
    await onExt4(stowage, stowage.dataDirectory);
    await stowage.namespace.run('chattr', '+i', stowage.dataDirectory);
    await stowage.start();
    await assertRefused(stowage, stowage.engine.create('v'), 'E_STATE_UNAVAILABLE', /STOWAGE_DATA/);
    await stowage.namespace.run('chattr', '-i', stowage.dataDirectory);
    await healed(async () => await volumeWithData(stowage, 'v'));
  });

  test('somebody else owns the directory: it is used, and nothing in it changes hands', async (context) => {
    const stowage = await prepareStowage(context);
    mkdirSync(stowage.dataDirectory, { mode: 0o700 });
    await stowage.namespace.run('chown', '1234:1234', stowage.dataDirectory);
    await stowage.start();
    await volumeWithData(stowage, 'v');
    assert.equal(statSync(stowage.dataDirectory).uid, 1234);
    assert.equal(statSync(join(stowage.dataDirectory, 'state')).uid, 0);
  });

  test('the directory vanishes while it serves: known volumes are never denied', async (context) => {
    const stowage = await prepareStowage(context);
    await onSmallDisk(stowage);
    await stowage.start();
    await volumeWithData(stowage, 'v');
    await stowage.namespace.run('umount', '-l', stowage.dataDirectory);
    assert.equal((await stowage.engine.get('v')).Name, 'v');
    await assertRefused(
      stowage,
      stowage.engine.mount('v', 'm'),
      'E_MOUNT_FAILED',
      /Bring the data directory back/,
    );
    assert.ok(existsSync(stowage.dataDirectory));
  });
});

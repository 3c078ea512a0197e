import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { assertNothingLeft, useStowage } from '../support/use-stowage.ts';
import {
  assertAnswers,
  assertData,
  assertRefused,
  fill,
  healed,
  onExt4,
  onSmallDisk,
  prepareStowage,
  replaceCommand,
  volumeWithData,
} from './bench.ts';

function hash(file: string): string {
  return createHash('sha256').update(readFileSync(file)).digest('hex');
}

function overwrite(file: string, offset: number, length: number): void {
  const bytes = readFileSync(file);
  bytes.fill(0xa5, offset, offset + length);
  writeFileSync(file, bytes);
}

const DAMAGES: readonly [string, (image: string) => void, string, RegExp][] = [
  ['its superblock torn', (image) => overwrite(image, 1024, 512), 'E_FILESYSTEM_DAMAGED', /Restore|repair/],
  [
    'cut to half',
    (image) => truncateSync(image, statSync(image).size / 2),
    'E_FILESYSTEM_DAMAGED',
    /cut off.*Restore/,
  ],
  ['empty', (image) => truncateSync(image, 0), 'E_FILESYSTEM_DAMAGED', /Restore/],
  ['another file system', (image) => overwrite(image, 0, 64 * 1024), 'E_FILESYSTEM_DAMAGED', /Restore/],
  ['gone', (image) => rmSync(image), 'E_MOUNT_FAILED', /Bring the data directory back/],
];

describe('a damaged volume', () => {
  test('each damage is refused with advice, nothing is changed, and what is brought back is mounted', async (context) => {
    const stowage = await useStowage(context);
    await volumeWithData(stowage, 'v', { size: '16MiB' });
    await volumeWithData(stowage, 'other', { size: '16MiB' });
    const image = join(stowage.dataDirectory, 'volumes', 'v', 'image');
    const backup = readFileSync(image);
    for (const [name, damage, code, advice] of DAMAGES) {
      await context.test(name, async () => {
        damage(image);
        const before = code === 'E_MOUNT_FAILED' ? '' : hash(image);
        await assertRefused(stowage, stowage.engine.mount('v', 'm'), code, advice);
        assert.equal((await stowage.engine.get('v')).Name, 'v');
        if (before !== '') assert.equal(hash(image), before, 'the damaged image was changed');
        await assertNothingLeft(stowage);
        await assertData(stowage, 'other');
        writeFileSync(image, backup);
        await assertData(stowage, 'v');
      });
    }
    await stowage.engine.remove('v');
  });

  test('its home gone: mounting says so, removing succeeds', async (context) => {
    const stowage = await useStowage(context);
    for (const [name, options] of [
      ['directory', null],
      ['image', { size: '16MiB' }],
    ] as const) {
      await volumeWithData(stowage, name, options);
      const home = join(stowage.dataDirectory, 'volumes', name);
      renameSync(home, join(stowage.root, name));
      await assertRefused(
        stowage,
        stowage.engine.mount(name, 'm'),
        'E_MOUNT_FAILED',
        /Bring the data directory back/,
      );
      renameSync(join(stowage.root, name), home);
      await assertData(stowage, name);
      rmSync(home, { recursive: true });
      await stowage.engine.remove(name);
    }
    await assertNothingLeft(stowage);
  });

  test('no loop devices', async (context) => {
    const stowage = await prepareStowage(context);
    mkdirSync(stowage.runDirectory, { recursive: true });
    await stowage.namespace.run('mount', '-t', 'tmpfs', '-o', 'nodev', 'run', stowage.runDirectory);
    await stowage.start();
    await stowage.engine.create('v', { size: '16MiB' });
    // Neither the host's nodes nor ones of our own can be opened.
    const hide = join(stowage.root, 'null');
    writeFileSync(hide, '');
    await stowage.namespace.run('mount', '--bind', hide, '/dev/loop-control');
    await assertRefused(
      stowage,
      stowage.engine.mount('v', 'm'),
      'E_DEVICE_UNAVAILABLE',
      /loop devices.*repeat/,
    );
    assert.deepEqual(stowage.loops(), []);
    await stowage.namespace.run('umount', '/dev/loop-control');
    await volumeWithData(stowage, 'w', { size: '16MiB' });
    await assertData(stowage, 'w');
  });
});

describe('the data root has no room', () => {
  test('a clone leaves nothing behind, and works when there is room', async (context) => {
    const stowage = await prepareStowage(context);
    await onSmallDisk(stowage, 'size=16m');
    await stowage.start();
    await volumeWithData(stowage, 'source');
    const target = await stowage.engine.mount('source', 'm');
    await stowage.namespace.run('dd', 'if=/dev/zero', `of=${target}/bulk`, 'bs=1M', 'count=6', 'status=none');
    await stowage.engine.unmount('source', 'm');
    const ballast = join(stowage.dataDirectory, 'ballast');
    await stowage.namespace.run('dd', 'if=/dev/zero', `of=${ballast}`, 'bs=1M', 'count=6', 'status=none');
    await assertRefused(
      stowage,
      stowage.engine.create('clone', { from: 'source' }),
      'E_NO_SPACE',
      /Free space/,
    );
    await assertNothingLeft(stowage);
    assert.deepEqual(
      (await stowage.engine.list()).map(({ Name }) => Name),
      ['source'],
    );
    await stowage.namespace.run('rm', ballast);
    await stowage.engine.create('clone', { from: 'source' });
    await assertData(stowage, 'clone', 'source');
    await assertData(stowage, 'source');
  });

  test('formatting, growing and a size beyond the file system', async (context) => {
    const stowage = await prepareStowage(context);
    await onExt4(stowage, stowage.dataDirectory, 48 * 1024 * 1024);
    await stowage.start();
    await volumeWithData(stowage, 'old', { size: '16MiB' });
    await assertRefused(
      stowage,
      stowage.engine.create('huge', { size: '64TiB' }),
      'E_NO_SPACE',
      /Free space/,
    );
    const free = await fill(stowage);
    const refused = await stowage.call('VolumeDriver.Create', { Name: 'new', Opts: { size: '24MiB' } });
    assert.match(String(refused.body['Err']), /\((E_NO_SPACE|E_STATE_UNAVAILABLE|E_HOST_FAILED)\)/);
    context.diagnostic(String(refused.body['Err']));
    const grown = await stowage.call('VolumeDriver.Create', { Name: 'old', Opts: { size: '32MiB' } });
    context.diagnostic(JSON.stringify(grown.body));
    await assertAnswers(stowage);
    await free();
    await assertData(stowage, 'old');
    await healed(async () => await volumeWithData(stowage, 'new', { size: '16MiB' }));
    await assertNothingLeft(stowage);
  });
});

describe('commands of the host', () => {
  test('missing, failing, hanging', async (context) => {
    const stowage = await useStowage(context, { environment: { STOWAGE_DEADLINE: '5s' } });
    await volumeWithData(stowage, 'v', { size: '16MiB' });
    await volumeWithData(stowage, 'plain');

    const mkfs = await replaceCommand(
      stowage,
      'mkfs.ext4',
      '#!/bin/sh\necho "mkfs: the planted reason" >&2\nexit 1\n',
    );
    await assertRefused(
      stowage,
      stowage.engine.create('w', { size: '16MiB' }),
      'E_HOST_FAILED',
      /the planted reason/,
    );
    await assertNothingLeft(stowage);
    chmodSync(join(stowage.root, 'stub-mkfs.ext4'), 0o644);
    const missing = await stowage.call('VolumeDriver.Create', { Name: 'w', Opts: { size: '16MiB' } });
    assert.match(String(missing.body['Err']), /\(E_HOST_FAILED\).*repeat/);
    chmodSync(join(stowage.root, 'stub-mkfs.ext4'), 0o755);

    writeFileSync(join(stowage.root, 'stub-mkfs.ext4'), '#!/bin/sh\nexec sleep 600\n');
    await assertRefused(
      stowage,
      stowage.engine.create('w', { size: '16MiB' }),
      'E_OPERATION_PENDING',
      /create is still working.*repeat/,
    );
    await assertData(stowage, 'plain');
    await stowage.namespace.run('umount', mkfs);
    // The hanging command goes with the program, and the next start undoes what it was for.
    const children = await stowage.namespace.run('ps', '-o', 'args=', '--ppid', String(stowage.pid));
    assert.match(children, /sleep 600/);
    await stowage.kill9();
    await stowage.start();
    await healed(async () => await stowage.engine.create('w', { size: '16MiB' }));
    await assertData(stowage, 'v');

    // Only a volume that asks for it is checked: this one was not unmounted.
    await markUnclean(stowage.dataDirectory);
    await replaceCommand(stowage, 'e2fsck', '#!/bin/sh\necho "UNEXPECTED INCONSISTENCY" >&2\nexit 4\n');
    await assertRefused(
      stowage,
      stowage.engine.mount('v', 'm'),
      'E_FILESYSTEM_DAMAGED',
      /INCONSISTENCY.*repair/,
    );
    writeFileSync(join(stowage.root, 'stub-e2fsck'), '#!/bin/sh\nexec sleep 600\n');
    await assertRefused(
      stowage,
      stowage.engine.mount('v', 'm'),
      'E_OPERATION_PENDING',
      /mount is still working/,
    );
    await assertData(stowage, 'plain');
  });
});

/** Clears the "cleanly unmounted" bit of the ext4 superblock. */
async function markUnclean(dataDirectory: string): Promise<void> {
  const image = join(dataDirectory, 'volumes', 'v', 'image');
  const bytes = readFileSync(image);
  bytes.writeUInt16LE(bytes.readUInt16LE(1024 + 58) & ~1, 1024 + 58);
  writeFileSync(image, bytes);
}

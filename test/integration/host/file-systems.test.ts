import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, statfsSync, statSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import type { FileSystemType, LoopDevice } from '../../../plugin/core/ports/host.ts';
import { mayGrowMountedExt4 } from '../../../plugin/host/grow.ts';
import { type HostBench, thrownBy, useHost } from '../../support/host-bench.ts';

const bench = useHost();
const MIB = 1024 * 1024;

/** Each with a size that it can have here. */
const TYPES: readonly (readonly [type: FileSystemType, size: number])[] = [
  ['ext4', 32 * MIB],
  ['xfs', 300 * MIB],
  ['btrfs', 110 * MIB],
];

async function makeImage({ host, at }: HostBench, type: FileSystemType, size: number): Promise<string> {
  await host.files.allocate(at('image'), size);
  await host.fileSystems.format(at('image'), type, []);
  return at('image');
}

/** Mounts as a volume is: a sub-directory on the target, and nothing else. */
async function mountData({ host, at }: HostBench, image: string, type: FileSystemType): Promise<LoopDevice> {
  const loop = await host.blockDevices.attachLoop(image);
  const scratch = await host.files.makeScratchDirectory();
  await host.mounts.mount({ source: loop.path, target: scratch, fileSystem: type, options: [] });
  await host.files.makeDirectory(join(scratch, 'data'), { uid: 1, gid: 2, mode: 0o750 });
  await host.files.makeDirectory(at('t'));
  await host.mounts.bind(join(scratch, 'data'), at('t'), []);
  await host.mounts.unmount(scratch);
  await host.files.removeEmptyDirectory(scratch);
  return loop;
}

async function overwrite(image: string, position: number, length: number, byte: number): Promise<void> {
  const handle = await open(image, 'r+');
  await handle.write(Buffer.alloc(length, byte), 0, length, position);
  await handle.close();
}

function uuidOf(image: string): string {
  return execFileSync('blkid', ['-p', '-s', 'UUID', '-o', 'value', image]).toString().trim();
}

describe('format', () => {
  for (const [type, size] of TYPES) {
    it(`makes ${type} that takes little space and says what it is`, async () => {
      const { host } = bench();
      const image = await makeImage(bench(), type, size);
      assert.deepEqual(await host.fileSystems.probe(image), { type, sizeBytes: size, clean: true });
      assert.ok(statSync(image).blocks * 512 < size / 4, 'the image is no longer sparse');
    });

    it(`makes ${type} with the options that were asked for`, async () => {
      const { host, at } = bench();
      await host.files.allocate(at('image'), size);
      await host.fileSystems.format(at('image'), type, ['-L', 'named']);
      assert.equal(
        execFileSync('blkid', ['-p', '-s', 'LABEL', '-o', 'value', at('image')]).toString(),
        'named\n',
      );
    });

    it(`never makes ${type} over something`, async () => {
      const { host, at } = bench();
      for (const position of [0, 1024, 64 * 1024, size - 1]) {
        await host.files.removeTree(at('image'));
        await host.files.allocate(at('image'), size);
        await overwrite(at('image'), position, 1, 1);
        const before = readFileSync(at('image'));
        const error = await thrownBy(() => host.fileSystems.format(at('image'), type, []), 'E_HOST_FAILED');
        assert.match(error.message, /not blank/);
        assert.ok(readFileSync(at('image')).equals(before));
      }
    });
  }

  it('gives the words of the tool that refuses', async () => {
    const { host, at } = bench();
    await host.files.allocate(at('image'), 32 * MIB);
    const small = await thrownBy(() => host.fileSystems.format(at('image'), 'btrfs', []), 'E_HOST_FAILED');
    assert.match(small.message, /^mkfs\.btrfs failed: .*minimum size/);
    await thrownBy(() => host.fileSystems.format(at('image'), 'ext4', ['--no-such-option']), 'E_HOST_FAILED');
    await thrownBy(() => host.fileSystems.format(at('absent'), 'ext4', []), 'E_HOST_FAILED');
  });
});

describe('probe', () => {
  it('finds nothing on a blank or a tiny image, and fails on an absent one', async () => {
    const { host, at } = bench();
    await host.files.allocate(at('image'), MIB);
    assert.equal(await host.fileSystems.probe(at('image')), undefined);
    writeFileSync(at('tiny'), 'x');
    assert.equal(await host.fileSystems.probe(at('tiny')), undefined);
    await thrownBy(() => host.fileSystems.probe(at('absent')), 'E_HOST_FAILED');
  });
});

describe('check', () => {
  it('repairs what is safe to repair, and leaves what is whole', async () => {
    const { host, at } = bench();
    const image = await makeImage(bench(), 'ext4', 32 * MIB);
    await host.fileSystems.check(image, 'ext4');
    // As the kernel leaves it after it has met an error.
    execFileSync('debugfs', ['-w', '-R', 'set_super_value state 2', image], { stdio: 'ignore' });
    assert.equal((await host.fileSystems.probe(image))?.clean, false);
    await host.fileSystems.check(image, 'ext4');
    assert.equal((await host.fileSystems.probe(at('image')))?.clean, true);
  });

  it('says so when a person has to look at it', async () => {
    const { host } = bench();
    const image = await makeImage(bench(), 'ext4', 32 * MIB);
    // A file whose blocks are also another's: nobody can know whose they are.
    const commands = [
      'write /etc/hostname a',
      'write /etc/hostname b',
      'sif b block[0] 5',
      'sif a block[0] 5',
    ];
    for (const command of [...commands, 'set_super_value state 2']) {
      execFileSync('debugfs', ['-w', '-R', command, image], { stdio: 'ignore' });
    }
    const error = await thrownBy(() => host.fileSystems.check(image, 'ext4'), 'E_FILESYSTEM_DAMAGED');
    assert.match(error.message, /RUN fsck MANUALLY/);
  });

  it('takes a superblock that is gone for damage', async () => {
    const { host } = bench();
    const image = await makeImage(bench(), 'ext4', 32 * MIB);
    await overwrite(image, 0, 32 * MIB, 0x5a);
    await thrownBy(() => host.fileSystems.check(image, 'ext4'), 'E_FILESYSTEM_DAMAGED');
  });

  it('does not take a missing image for damage', async () => {
    const { host, at } = bench();
    await thrownBy(() => host.fileSystems.check(at('absent'), 'ext4'), 'E_HOST_FAILED');
  });
});

describe('grow', () => {
  for (const [type, size] of TYPES) {
    it(`lets a mounted ${type} fill its device, of which only a directory shows`, async () => {
      const { host, at } = bench();
      const image = await makeImage(bench(), type, size);
      const loop = await mountData(bench(), image, type);
      writeFileSync(at('t/file'), 'kept');
      const before = (await host.fileSystems.space(at('t'))).sizeBytes;
      await host.files.allocate(image, 3 * size);
      await host.blockDevices.refreshLoop(loop);
      const grow = (): Promise<void> => host.fileSystems.grow(loop.path, at('t'), type);
      // The kernel grows a mounted ext4 for those only who may use reserved resources; the others are told.
      if (type !== 'ext4' || (await mayGrowMountedExt4())) {
        await grow();
        await grow();
        const { sizeBytes } = await host.fileSystems.space(at('t'));
        assert.ok(sizeBytes > 2.5 * before, `${before} became ${sizeBytes}`);
      } else {
        const error = await thrownBy(grow, 'E_HOST_FAILED');
        assert.match(error.remedy, /CAP_SYS_RESOURCE/);
      }
      assert.equal(readFileSync(at('t/file'), 'utf8'), 'kept');
      await loop.release();
      await host.mounts.unmount(at('t'));
      await host.fileSystems.grow(image, undefined, type);
      assert.equal((await host.fileSystems.probe(image))?.sizeBytes, 3 * size);
    });
  }

  it('says when there is no such file system on the device', async () => {
    const { host, at, directoryAt } = bench();
    await host.files.allocate(at('image'), MIB);
    const target = directoryAt('t');
    await thrownBy(() => host.fileSystems.grow(at('image'), target, 'ext4'), 'E_FILESYSTEM_DAMAGED');
    await thrownBy(() => host.fileSystems.grow(at('image'), target, 'btrfs'), 'E_HOST_FAILED');
  });
});

describe('renew', () => {
  for (const [type, size] of TYPES) {
    it(`gives a copy of ${type} another identity and the same files`, async () => {
      const { host, at } = bench();
      const image = await makeImage(bench(), type, size);
      const loop = await mountData(bench(), image, type);
      writeFileSync(at('t/file'), 'kept');
      await loop.release();
      await host.mounts.unmount(at('t'));
      await host.files.copyFile(image, at('copy'));
      await host.fileSystems.renew(at('copy'), type);
      assert.notEqual(uuidOf(at('copy')), uuidOf(image));
      // Both at once: what is taken for the same could not be.
      const first = await mountData(bench(), image, type);
      const second = await host.blockDevices.attachLoop(at('copy'));
      mkdirSync(at('other'));
      await host.mounts.mount({ source: second.path, target: at('other'), fileSystem: type, options: [] });
      writeFileSync(at('t/file'), 'changed');
      assert.equal(readFileSync(at('other/data/file'), 'utf8'), 'kept');
      await host.mounts.unmount(at('other'));
      await host.mounts.unmount(at('t'));
      for (const each of [first, second]) await each.release();
    });
  }

  it('makes an ext4 fit that was copied while it was in use', async () => {
    const { host, at } = bench();
    const image = await copyInUse('ext4', 32 * MIB);
    await host.fileSystems.renew(image, 'ext4');
    assert.notEqual(uuidOf(image), uuidOf(at('image')));
    assert.equal((await host.fileSystems.probe(image))?.clean, true);
  });

  for (const [type, size] of TYPES.slice(1)) {
    it(`refuses a ${type} whose log was not replayed, and says what to do`, async () => {
      const { host } = bench();
      const image = await copyInUse(type, size);
      const before = uuidOf(image);
      const error = await thrownBy(() => host.fileSystems.renew(image, type), 'E_HOST_FAILED');
      assert.match(error.message, /log that was not replayed/);
      assert.equal(uuidOf(image), before);
    });
  }
});

/** A copy of a mounted file system that has just synced a file, as it would be found after a power cut. */
async function copyInUse(type: FileSystemType, size: number): Promise<string> {
  const { host, at } = bench();
  const image = await makeImage(bench(), type, size);
  const loop = await mountData(bench(), image, type);
  for (const name of ['a', 'b', 'c']) {
    const handle = await open(at(`t/${name}`), 'w');
    await handle.writeFile('x'.repeat(100_000));
    await handle.sync();
    await handle.close();
  }
  await host.files.copyFile(image, at('copy'));
  await loop.release();
  await host.mounts.unmount(at('t'));
  return at('copy');
}

describe('space', () => {
  it('is what the kernel says', async () => {
    const { host, directoryAt } = bench();
    const target = directoryAt('t');
    await host.mounts.mount({ source: 'none', target, fileSystem: 'tmpfs', options: ['size=1m'] });
    writeFileSync(join(target, 'file'), 'x'.repeat(10_000));
    const { bsize } = statfsSync(target);
    const expected = { usedBytes: 3 * bsize, sizeBytes: MIB };
    assert.deepEqual(await host.fileSystems.space(target), expected);
    await host.mounts.unmount(target);
    await thrownBy(() => host.fileSystems.space(join(target, 'absent')), 'E_HOST_FAILED');
  });
});

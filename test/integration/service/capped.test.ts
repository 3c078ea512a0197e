import assert from 'node:assert/strict';
import {
  closeSync,
  fsyncSync,
  openSync,
  readdirSync,
  readFileSync,
  statfsSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { hasCapability } from '../../support/capabilities.ts';
import { refusalOf } from '../../support/engine-client.ts';
import { shareStowage } from '../../support/use-stowage.ts';
import { content, fill, homeOf, names } from '../../support/volume-files.ts';

const MIB = 1024 * 1024;
const FILE_SYSTEMS = [
  { fsType: 'ext4', size: 32, larger: 64 },
  { fsType: 'xfs', size: 300, larger: 400 },
  { fsType: 'btrfs', size: 128, larger: 256 },
] as const;

/** Bytes of the file system that a path shows. */
function capacity(path: string): number {
  const { blocks, bsize } = statfsSync(path);
  return blocks * bsize;
}

/** ext4 alone asks for a capability that some machines withhold even from root. */
function mayGrowInUse(fsType: string): boolean {
  return fsType !== 'ext4' || hasCapability('CAP_SYS_RESOURCE');
}

/** Writes until the file system is full; the bytes written. */
function fillUp(path: string): number {
  const file = openSync(path, 'w');
  const chunk = Buffer.alloc(MIB, 1);
  let written = 0;
  try {
    for (;;) {
      written += writeSync(file, chunk);
      if (written % (16 * MIB) === 0) fsyncSync(file);
    }
  } catch (thrown) {
    assert.equal(Reflect.get(Object(thrown), 'code'), 'ENOSPC');
    return written;
  } finally {
    closeSync(file);
  }
}

for (const { fsType, size, larger } of FILE_SYSTEMS) {
  describe(`a volume with size on ${fsType}`, () => {
    const shared = shareStowage();

    it('is full at its size, and nothing else is', async () => {
      const { engine } = shared.current;
      await engine.create('db', { size: `${String(size)}MiB`, fsType });
      const mountPoint = shared.current.see(await engine.mount('db', 'id'));
      assert.ok(capacity(mountPoint) <= size * MIB);
      assert.deepEqual(readdirSync(mountPoint), [], 'nothing keeps Docker from copying image content');
      assert.ok(fillUp(join(mountPoint, 'big')) < size * MIB);
      writeFileSync(join(shared.current.dataDirectory, 'elsewhere'), Buffer.alloc(MIB));
      await engine.create('another');
      await fill(shared.current, 'another', 'data');
      await engine.unmount('db', 'id');
      assert.ok((await names(shared.current, 'db')).includes('big'));
    });

    it('takes only what is written', async () => {
      const { engine } = shared.current;
      await engine.create('db', { size: `${String(size)}MiB`, fsType });
      const { blocks, size: length } = statSync(join(homeOf(shared.current, 'db'), 'image'));
      assert.equal(length, size * MIB);
      assert.ok(blocks * 512 < (size * MIB) / 2, `${String(blocks * 512)} bytes`);
    });

    it('grows while it is mounted, and the data stays', async () => {
      const { engine } = shared.current;
      await engine.create('db', { size: `${String(size)}MiB`, fsType });
      const mountPoint = shared.current.see(await engine.mount('db', 'id'));
      writeFileSync(join(mountPoint, 'file'), 'before');
      const before = capacity(mountPoint);
      if (mayGrowInUse(fsType)) {
        await engine.create('db', { size: `${String(larger)}MiB` });
      } else {
        // Refused with the reason, and nothing changes: the same wish is granted when nobody uses it.
        const refusal = await refusalOf(engine.create('db', { size: `${String(larger)}MiB` }));
        assert.match(refusal.message, /the kernel does not permit it \(E_HOST_FAILED\).*CAP_SYS_RESOURCE/);
        assert.equal((await engine.status('db'))['size'], `${String(size)}MiB`);
        await engine.unmount('db', 'id');
        await engine.create('db', { size: `${String(larger)}MiB` });
        await engine.mount('db', 'id');
      }
      assert.equal(readFileSync(join(mountPoint, 'file'), 'utf8'), 'before');
      writeFileSync(join(mountPoint, 'file'), 'after');
      const gained = capacity(mountPoint) - before;
      assert.ok(gained > (larger - size) * MIB * 0.8, `gained ${String(gained / MIB)} MiB`);
      assert.equal((await engine.status('db'))['size'], `${String(larger)}MiB`);
      await engine.unmount('db', 'id');
      assert.equal(await content(shared.current, 'db'), 'after');
    });

    it('grows while it is not mounted, with the next mount', async () => {
      const { engine } = shared.current;
      await engine.create('db', { size: `${String(size)}MiB`, fsType });
      await fill(shared.current, 'db', 'data');
      await engine.create('db', { size: `${String(larger)}MiB` });
      const mountPoint = shared.current.see(await engine.mount('db', 'id'));
      assert.ok(capacity(mountPoint) > size * MIB, `${String(capacity(mountPoint) / MIB)} MiB`);
      assert.equal(readFileSync(join(mountPoint, 'file'), 'utf8'), 'data');
      await engine.unmount('db', 'id');
    });

    it('says its size and use', async () => {
      const { engine } = shared.current;
      await engine.create('db', { size: `${String(size)}MiB`, fsType, reclaimPolicy: 'delete' });
      await engine.mount('db', 'id');
      const { used, usable, age, ...status } = await engine.status('db');
      assert.deepEqual(status, {
        backend: 'local',
        reclaimPolicy: 'delete',
        size: `${String(size)}MiB`,
        fileSystem: fsType,
        mountIds: '1',
      });
      assert.match(
        `${String(used)} ${String(usable)} ${String(age)}`,
        /^[\d.]+(B|KiB|MiB) [\d.]+MiB \d+ seconds?$/,
      );
      await engine.unmount('db', 'id');
    });
  });
}

describe('a volume with mkfs and mount options', () => {
  const shared = shareStowage();

  it('has them', async () => {
    const { engine } = shared.current;
    await engine.create('db', {
      size: '32MiB',
      mkfsOptions: '-m 1 -L mine',
      mountOptions: 'noatime,nosuid,nodev,noexec',
    });
    const mountPoint = await engine.mount('db', 'id');
    const [line] = shared.current.mounts();
    for (const flag of ['noatime', 'nosuid', 'nodev', 'noexec']) assert.ok(line?.flags.includes(flag), flag);
    assert.equal(line?.target, mountPoint);
    await engine.unmount('db', 'id');
    const image = join(homeOf(shared.current, 'db'), 'image');
    assert.equal((await shared.current.namespace.run('e2label', image)).trim(), 'mine');
  });
});

import assert from 'node:assert/strict';
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { it } from 'node:test';
import type { VolumeVariant, WithVolume } from './bench.ts';

/** Create, mount, unmount, remove: what they leave, and that they may be repeated. */
export function lifeChecks<Options>(withVolume: WithVolume<Options>, variant: VolumeVariant): void {
  it('keeps what was written from one mount to the next', async () => {
    await withVolume(async (volume, target, { driver, host }) => {
      await driver.mount(volume, target);
      await driver.mustLive(volume, target);
      assert.equal(await host.mounts.isMountPoint(target), true);
      await writeFile(join(target, 'file'), 'kept');
      await driver.unmount(volume, target);
      assert.equal(await host.mounts.isMountPoint(target), false);
      await driver.mount(volume, target);
      if (variant.volatile === true) assert.deepEqual(await readdir(target), []);
      else assert.equal(await readFile(join(target, 'file'), 'utf8'), 'kept');
      await rm(join(target, 'file'), { force: true });
    });
  });

  it('starts out empty, so that Docker copies image content into it', async () => {
    await withVolume(async (volume, target, { driver }) => {
      await driver.mount(volume, target);
      assert.deepEqual(await readdir(target), []);
    });
  });

  it('takes repeats of every call', async () => {
    await withVolume(async (volume, target, { driver }) => {
      await driver.create(volume);
      await driver.unmount(volume, target);
      await driver.mount(volume, target);
      await driver.unmount(volume, target);
      await driver.unmount(volume, target);
      await driver.record(volume, true);
      await driver.record(volume, true);
      await driver.record(volume, false);
      await driver.record(volume, false);
      await driver.remove(volume);
      await driver.remove(volume);
    });
  });

  it('is discovered with its options while it exists, and not afterwards', async () => {
    await withVolume(async (volume, _target, { driver }) => {
      const find = async (): Promise<unknown> => {
        const listed = (await driver.discover()).find(({ name }) => name === volume.name);
        assert.deepEqual(await driver.find(volume.name), listed);
        return listed;
      };
      assert.deepEqual(await find(), {
        name: volume.name,
        given: volume.given,
        createdAt: volume.createdAt,
        retained: false,
      });
      await driver.record(volume, true);
      assert.deepEqual(await find(), {
        name: volume.name,
        given: volume.given,
        createdAt: volume.createdAt,
        retained: true,
      });
      await driver.remove(volume);
      assert.equal(await find(), undefined);
    });
  });

  it('touches only what carries its mark', async () => {
    await withVolume(async (volume, target, { driver }) => {
      const impostor = { ...volume, createdAt: new Date(volume.createdAt.getTime() - 1) };
      await assert.rejects(driver.create(impostor), { code: 'E_VOLUME_EXISTS' });
      await driver.remove(impostor);
      await driver.mount(volume, target);
    });
  });

  it('tells the use of a mounted volume within what it measures', async () => {
    await withVolume(async (volume, target, { driver }) => {
      await driver.mount(volume, target);
      const usage = (await driver.usage(volume, target)) ?? (await driver.measure(volume));
      assert.ok(usage !== undefined && usage.usedBytes >= 0);
      if (usage.sizeBytes !== undefined) assert.ok(usage.sizeBytes >= usage.usedBytes);
      assert.ok(Object.values(driver.describe(volume)).every((value) => typeof value === 'string'));
    });
  });

  it('has no holders while only Stowage has it mounted', async () => {
    await withVolume(async (volume, target, { driver }) => {
      assert.deepEqual(await driver.holders(volume, undefined), []);
      await driver.mount(volume, target);
      assert.deepEqual(await driver.holders(volume, target), []);
    });
  });

  if (variant.keptOnRemove === true) {
    it('leaves the data when it is removed', async () => {
      await withVolume(async (volume, target, { driver, directory }) => {
        await driver.mount(volume, target);
        await writeFile(join(target, 'precious'), 'kept');
        await driver.unmount(volume, target);
        await driver.remove(volume);
        assert.equal(await readFile(join(directory, 'precious'), 'utf8'), 'kept');
        await rm(join(directory, 'precious'));
      });
    });
  }
}

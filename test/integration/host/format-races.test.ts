import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { truncateSync } from 'node:fs';
import { rename } from 'node:fs/promises';
import { describe, it } from 'node:test';
import type { LoopDevice } from '../../../plugin/core/ports/host.ts';
import { KernelFileSystems } from '../../../plugin/host/file-systems.ts';
import { commandRunner, type RunCommand } from '../../../plugin/host/run-command.ts';
import { SyscallPool } from '../../../plugin/host/syscall-pool.ts';
import { hashOf, useDisks } from '../../support/disk-bench.ts';
import { makeBlank } from '../../support/disk-contents.ts';
import { thrownBy, useHost } from '../../support/host-bench.ts';
import { nvmeFiles } from '../../support/shown-disks.ts';

const bench = useHost();
const disks = useDisks(bench);
const MIB = 1024 * 1024;

describe('between looking and formatting', () => {
  let commands: string[];
  /** File systems that call back when everything was looked at and mkfs is all that is left. */
  function interrupted(act: () => void | Promise<void>): KernelFileSystems {
    commands = [];
    const real = commandRunner(bench().log);
    const run: RunCommand = async (command, words, options) => {
      commands.push(command);
      const result = await real(command, words, options);
      if (command === 'wipefs') await act();
      return result;
    };
    return new KernelFileSystems(run, new SyscallPool());
  }

  it('a disk vanishes: nothing is formatted', async () => {
    const file = bench().at('image');
    makeBlank(file, 16 * MIB);
    const before = await hashOf(file);
    const attached = await disks().attach(file);
    assert.deepEqual(await disks().host.fileSystems.examine(attached.disk.path), { kind: 'blank' });
    await disks().detach(attached);
    const error = await thrownBy(
      () => disks().host.fileSystems.format(attached.disk.path, 'ext4', []),
      'E_HOST_FAILED',
    );
    assert.match(error.message, /has no size|no such device/);
    assert.equal(await hashOf(file), before);
  });

  it('its node vanishes: nothing is formatted', async () => {
    const file = bench().at('image');
    makeBlank(file, 16 * MIB);
    const attached = await disks().attach(file);
    const systems = interrupted(() => rename(attached.disk.path, bench().at('gone')));
    await thrownBy(() => systems.format(attached.disk.path, 'ext4', []), 'E_HOST_FAILED');
    assert.deepEqual(commands, ['blkid', 'wipefs']);
    assert.deepEqual(await disks().host.fileSystems.examine(file), { kind: 'blank' });
    await disks().detach(attached);
  });

  it('a disk is swapped for another under its name: neither is formatted', async () => {
    const [file, other] = [bench().at('image'), bench().at('other')];
    makeBlank(file, 16 * MIB);
    makeBlank(other, 16 * MIB);
    const attached = await disks().attach(file);
    const second = await disks().host.blockDevices.attachLoop(other);
    const systems = interrupted(async () => {
      await rename(attached.disk.path, bench().at('gone'));
      execFileSync('mknod', [attached.disk.path, 'b', ...second.device.split(':')]);
    });
    const error = await thrownBy(() => systems.format(attached.disk.path, 'ext4', []), 'E_HOST_FAILED');
    assert.match(error.message, /was swapped/);
    assert.deepEqual(commands, ['blkid', 'wipefs']);
    for (const each of [file, other])
      assert.deepEqual(await disks().host.fileSystems.examine(each), { kind: 'blank' });
    await disks().detach(attached);
    await second.release();
  });

  it('a disk is detached and another comes: its numbers stay, so that it and no other is formatted', async () => {
    const [file, other] = [bench().at('image'), bench().at('other')];
    makeBlank(file, 16 * MIB);
    makeBlank(other, 16 * MIB);
    const attached = await disks().attach(file);
    let second: LoopDevice | undefined;
    const systems = interrupted(async () => {
      disks().tree.hide('nvme1n1');
      await attached.loop.release();
      second = await disks().host.blockDevices.attachLoop(other);
      disks().tree.show('nvme1n1', second, nvmeFiles('vol1'));
    });
    await systems.format(attached.disk.path, 'ext4', []);
    assert.notEqual(second?.device, attached.disk.device);
    assert.equal((await disks().host.fileSystems.probe(file))?.type, 'ext4');
    assert.deepEqual(await disks().host.fileSystems.examine(other), { kind: 'blank' });
    await attached.disk.release();
    await second?.release();
  });

  for (const [change, size] of [
    ['larger', 32 * MIB],
    ['smaller', 12 * MIB],
  ] as const) {
    it(`a disk becomes ${change}: nothing is formatted`, async () => {
      const file = bench().at('image');
      makeBlank(file, 16 * MIB);
      const attached = await disks().attach(file);
      const systems = interrupted(() => {
        truncateSync(file, size);
        execFileSync('losetup', ['--set-capacity', attached.loop.path]);
      });
      const error = await thrownBy(() => systems.format(attached.disk.path, 'ext4', []), 'E_HOST_FAILED');
      assert.match(error.message, /its size changed/);
      assert.deepEqual(commands, ['blkid', 'wipefs']);
      assert.deepEqual(await disks().host.fileSystems.examine(file), { kind: 'blank' });
      await disks().detach(attached);
    });
  }

  it('each tool is asked once', async () => {
    const file = bench().at('image');
    makeBlank(file, 16 * MIB);
    const systems = interrupted(() => {});
    await systems.format(file, 'ext4', []);
    assert.deepEqual(commands, ['blkid', 'wipefs', 'mkfs.ext4']);
  });
});

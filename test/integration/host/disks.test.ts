import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { holdDisk } from '../../../plugin/host/held-disk.ts';
import { createHost } from '../../../plugin/host/index.ts';
import { shownDisk } from '../../../plugin/host/sysfs-disks.ts';
import { SERIAL, useDisks } from '../../support/disk-bench.ts';
import { thrownBy, useHost } from '../../support/host-bench.ts';
import { nvmeFiles, scsiFiles } from '../../support/shown-disks.ts';

const bench = useHost();
const current = useDisks(bench);
const MIB = 1024 * 1024;

describe('a disk is found by its serial', () => {
  const kinds = {
    'of NVMe, padded with blanks': [
      'nvme1n1',
      nvmeFiles(SERIAL),
      `Amazon Elastic Block Store, serial ${SERIAL}`,
    ],
    'of SCSI, in a page of its own': ['sdb', scsiFiles(SERIAL), `Google PersistentDisk, serial ${SERIAL}`],
    'of SCSI, where only wwid tells it': ['sdb', { 'device/wwid': `${SERIAL}\n` }, `serial ${SERIAL}`],
    'of virtio': ['vdb', { serial: SERIAL, 'device/vendor': '0x1af4\n' }, `serial ${SERIAL}`],
  } as const;
  for (const [kind, [name, files, known]] of Object.entries(kinds)) {
    it(kind, async () => {
      const loop = await current().loopFor('image', 2 * MIB);
      current().tree.show(name, loop, files);
      const disk = await current().disks.findDisk(SERIAL);
      assert.ok(disk !== undefined);
      assert.deepEqual([disk.device, disk.sizeBytes], [loop.device, 2 * MIB]);
      assert.equal(disk.description, `${name} (${known})`);
      writeFileSync(disk.path, 'through the node');
      assert.match(readFileSync(loop.path, 'latin1'), /^through the node/);
      await disk.release();
      await disk.release();
      await loop.release();
    });
  }

  it('and by the whole of it', async () => {
    const loop = await current().loopFor('image', 2 * MIB);
    current().tree.show('nvme1n1', loop, nvmeFiles(SERIAL));
    current().tree.show('loop0', loop, {});
    for (const other of [SERIAL.slice(0, -1), `${SERIAL}0`, SERIAL.toUpperCase(), '', ' '])
      assert.equal(await current().disks.findDisk(other), undefined, JSON.stringify(other));
    await loop.release();
  });

  it('and not when two disks show it', async () => {
    const loop = await current().loopFor('image', 2 * MIB);
    current().tree.show('nvme1n1', loop, nvmeFiles(SERIAL));
    current().tree.show('sdb', loop, scsiFiles(SERIAL));
    const error = await thrownBy(() => current().disks.findDisk(SERIAL), 'E_DEVICE_UNAVAILABLE');
    assert.match(error.message, /nvme1n1 .* and sdb|sdb .* and nvme1n1/);
    await loop.release();
  });

  it('and not when there is no list of disks', async () => {
    const { at, log } = bench();
    const blind = createHost({ hostProc: '/proc', hostSys: at('none'), runDirectory: at('run'), log });
    await thrownBy(() => blind.blockDevices.findDisk(SERIAL), 'E_DEVICE_UNAVAILABLE');
  });
});

describe('a disk that is not what sysfs says', () => {
  for (const [what, sectors] of [
    ['smaller', 8 * 2048],
    ['larger', 2048],
    ['listed without a size', 0],
  ] as const) {
    it(`${what} is refused`, async () => {
      const loop = await current().loopFor('image', 2 * MIB);
      current().tree.show('nvme1n1', loop, { ...nvmeFiles(SERIAL), size: `${String(sectors)}\n` });
      const error = await thrownBy(() => current().disks.findDisk(SERIAL), 'E_DEVICE_UNAVAILABLE');
      assert.match(error.message, new RegExp(`2097152 bytes .* says ${String(sectors * 512)}`));
      await loop.release();
    });
  }

  it('is refused when it was swapped while it was opened', async () => {
    const [first, second] = [
      await current().loopFor('first', 2 * MIB),
      await current().loopFor('second', 2 * MIB),
    ];
    const swaps: Readonly<Record<string, () => void>> = {
      'its device number changed': () => current().tree.show('nvme1n1', second, nvmeFiles(SERIAL)),
      'its serial changed': () => current().tree.show('nvme1n1', first, nvmeFiles('vol1')),
      'its size changed': () =>
        current().tree.show('nvme1n1', first, { ...nvmeFiles(SERIAL), size: '2048\n' }),
      'it has gone': () => {},
    };
    for (const [reason, swap] of Object.entries(swaps)) {
      current().tree.hide('nvme1n1');
      current().tree.show('nvme1n1', first, nvmeFiles(SERIAL));
      let looks = 0;
      const held = await holdDisk(() => {
        looks += 1;
        if (looks === 2) {
          current().tree.hide('nvme1n1');
          swap();
        }
        return shownDisk(current().tree.at('nvme1n1'));
      }, bench().at('run/dev'));
      assert.ok('reason' in held, 'it was taken');
      assert.ok(held.reason.startsWith(reason), `${held.reason} is not ${reason}`);
    }
    for (const loop of [first, second]) await loop.release();
  });
});

describe('a held disk', () => {
  it('stays what it is when it is detached and the next one is called the same', async () => {
    const first = await current().loopFor('first', 2 * MIB);
    current().tree.show('nvme1n1', first, nvmeFiles(SERIAL));
    const held = await current().disks.waitForDisk(SERIAL, 0);
    current().tree.hide('nvme1n1');
    await first.release();
    const second = await current().loopFor('second', 2 * MIB);
    assert.notEqual(second.device, held.device);
    current().tree.show('nvme1n1', second, nvmeFiles('vol1'));
    const other = await current().disks.waitForDisk('vol1', 0);
    assert.notEqual(other.path, held.path);
    writeFileSync(held.path, 'first');
    await held.release();
    await other.release();
    await second.release();
    assert.match(readFileSync(bench().at('first'), 'latin1'), /^first/);
    assert.ok(readFileSync(bench().at('second')).every((byte) => byte === 0));
  });

  it('is seen to grow, SCSI after it was asked to look', async () => {
    const loop = await current().loopFor('image', 2 * MIB);
    current().tree.show('sdb', loop, { ...scsiFiles('data'), 'device/rescan': '' });
    const disk = await current().disks.waitForDisk('data', 0);
    await current().host.files.allocate(bench().at('image'), 5 * MIB);
    assert.equal(await current().disks.refreshDisk(disk), 2 * MIB);
    execFileSync('losetup', ['--set-capacity', loop.path]);
    assert.equal(await current().disks.refreshDisk(disk), 5 * MIB);
    assert.equal(readFileSync(`${current().tree.at('sdb')}/device/rescan`, 'utf8'), '1\n');
    await disk.release();
    await loop.release();
  });

  it('is read anew also where sysfs is read-only, as in a container', async () => {
    const loop = await current().loopFor('image', 2 * MIB);
    current().tree.show('sdb', loop, { ...scsiFiles('data'), 'device/rescan': '' });
    await current().host.mounts.bind(current().tree.sys, current().tree.sys, ['ro']);
    const disk = await current().disks.waitForDisk('data', 0);
    assert.equal(await current().disks.refreshDisk(disk), 2 * MIB);
    assert.equal(readFileSync(`${current().tree.at('sdb')}/device/rescan`, 'utf8'), '');
    await disk.release();
    await loop.release();
    await current().host.mounts.unmount(current().tree.sys);
  });
});

describe('waiting for a disk', () => {
  it('ends when it comes', async () => {
    const loop = await current().loopFor('image', 2 * MIB);
    const waiting = current().disks.waitForDisk(SERIAL, 10_000);
    await setTimeout(150);
    current().tree.show('nvme1n1', loop, nvmeFiles(SERIAL));
    const disk = await waiting;
    assert.equal(disk.device, loop.device);
    await disk.release();
    await loop.release();
  });

  it('goes on while the one that had the serial before is going', async () => {
    const [old, loop] = [await current().loopFor('old', 2 * MIB), await current().loopFor('image', 2 * MIB)];
    current().tree.show('nvme1n1', old, nvmeFiles(SERIAL));
    current().tree.show('nvme2n1', loop, nvmeFiles(SERIAL));
    const waiting = current().disks.waitForDisk(SERIAL, 10_000);
    await setTimeout(100);
    current().tree.hide('nvme1n1');
    const disk = await waiting;
    assert.equal(disk.device, loop.device);
    await disk.release();
    for (const each of [old, loop]) await each.release();
  });

  it('ends with the names of the disks that there are', async () => {
    const loop = await current().loopFor('image', 2 * MIB);
    const none = await thrownBy(() => current().disks.waitForDisk(SERIAL, 60), 'E_DEVICE_UNAVAILABLE');
    assert.match(none.message, /serial vol0123456789abcdef0 .* there are: none with a serial$/);
    current().tree.show('nvme1n1', loop, nvmeFiles('vol1'));
    current().tree.show('sdb', loop, scsiFiles('data'));
    const error = await thrownBy(() => current().disks.waitForDisk(SERIAL, 60), 'E_DEVICE_UNAVAILABLE');
    assert.match(error.message, /nvme1n1 \(.*serial vol1\)/);
    assert.match(error.message, /sdb \(Google PersistentDisk, serial data\)/);
    await loop.release();
  });
});

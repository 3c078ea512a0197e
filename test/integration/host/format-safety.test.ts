import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { truncateSync } from 'node:fs';
import { describe, it } from 'node:test';
import type { FileSystemType } from '../../../plugin/core/ports/host.ts';
import { KernelFileSystems } from '../../../plugin/host/file-systems.ts';
import { commandRunner, type RunCommand } from '../../../plugin/host/run-command.ts';
import { SyscallPool } from '../../../plugin/host/syscall-pool.ts';
import { hashOf, useDisks } from '../../support/disk-bench.ts';
import { diskContents, makeBlank, putBytes } from '../../support/disk-contents.ts';
import { thrownBy, useHost } from '../../support/host-bench.ts';

const bench = useHost();
const disks = useDisks(bench);
const MIB = 1024 * 1024;
const TYPES: readonly (readonly [type: FileSystemType, size: number])[] = [
  ['ext4', 16 * MIB],
  ['xfs', 300 * MIB],
  ['btrfs', 110 * MIB],
];

/** Formatting is refused with these words, and every byte of the file is kept. */
async function mustRefuse(path: string, file: string, seen: RegExp): Promise<void> {
  const before = await hashOf(file);
  for (const type of ['ext4', 'xfs', 'btrfs'] as const) {
    const error = await thrownBy(() => disks().host.fileSystems.format(path, type, []), 'E_HOST_FAILED');
    assert.match(error.message, /is not blank, and what holds data is never formatted; seen: /);
    assert.match(error.message.replace(/^.*seen: /s, ''), seen);
  }
  assert.equal(await hashOf(file), before, 'bytes changed');
}

describe('never formatted is', () => {
  for (const { name, size, make, seen } of diskContents) {
    it(name, async () => {
      const file = bench().at('image');
      makeBlank(file, size);
      make(file);
      assert.equal((await disks().host.fileSystems.examine(file)).kind === 'blank', false);
      await mustRefuse(file, file, seen);
      const attached = await disks().attach(file);
      assert.equal(attached.disk.sizeBytes, size);
      await mustRefuse(attached.disk.path, file, seen);
      await disks().detach(attached);
    });
  }

  it('a disk that has more zeros than anybody reads, and data where samples are taken', async () => {
    // 8 GiB: samples are 2 MiB apart.
    const file = bench().at('image');
    makeBlank(file, 8192 * MIB);
    putBytes(file, [{ position: 4098 * MIB, bytes: Buffer.from('data') }]);
    const content = await disks().host.fileSystems.examine(file);
    assert.deepEqual(content, {
      kind: 'other',
      description: `data of no known format, the first at byte ${String(4098 * MIB)}`,
    });
  });
});

describe('formatted is', () => {
  for (const [type, size] of TYPES) {
    for (const [kind, prepare] of [
      ['a file that was never written', () => {}],
      ['a file of written zeros', (file: string) => execFileSync('dd', dd(file, size), { stdio: 'ignore' })],
    ] as const) {
      it(`${kind}, and the disk that it is, with ${type}`, async () => {
        const file = bench().at('image');
        makeBlank(file, size);
        prepare(file);
        assert.deepEqual(await disks().host.fileSystems.examine(file), { kind: 'blank' });
        const attached = await disks().attach(file);
        assert.deepEqual(await disks().host.fileSystems.examine(attached.disk.path), { kind: 'blank' });
        await disks().host.fileSystems.format(attached.disk.path, type, []);
        const facts = { type, sizeBytes: size, clean: true };
        for (const path of [attached.disk.path, file])
          assert.deepEqual(await disks().host.fileSystems.examine(path), { kind: 'file-system', facts });
        await disks().detach(attached);
      });
    }
  }

  it('a disk whose length is no multiple of anything', async () => {
    const file = bench().at('image');
    makeBlank(file, 16 * MIB + 512);
    const attached = await disks().attach(file);
    await disks().host.fileSystems.format(attached.disk.path, 'ext4', []);
    await disks().detach(attached);
    makeBlank(file, MIB + 512);
    putBytes(file, [{ position: MIB + 511, bytes: Buffer.from('x') }]);
    await mustRefuse(file, file, /the first at byte 1049087$/);
  });
});

function dd(file: string, size: number): string[] {
  return ['if=/dev/zero', `of=${file}`, 'bs=1M', `count=${String(size / MIB)}`, 'conv=notrunc'];
}

describe('what cannot be read is not blank', () => {
  for (const [what, left] of [
    ['all', 0],
    ['the last MiB', 15 * MIB],
  ] as const) {
    it(`when it is ${what}`, async () => {
      const file = bench().at('image');
      makeBlank(file, 16 * MIB);
      const attached = await disks().attach(file);
      // Behind the device's back: from here on reads end with EIO, as those of a broken disk.
      truncateSync(file, left);
      for (const work of [
        () => disks().host.fileSystems.format(attached.disk.path, 'ext4', []),
        () => disks().host.fileSystems.examine(attached.disk.path),
      ]) {
        const error = await thrownBy(work, 'E_HOST_FAILED');
        assert.match(error.message, /^reading .* failed: i\/o error$/);
        assert.match(error.remedy, /disk does not read/);
      }
      assert.equal(execFileSync('stat', ['-c', '%s', file]).toString().trim(), String(left));
      await disks().detach(attached);
    });
  }

  it('when it has no size or is not there', async () => {
    makeBlank(bench().at('empty'), 0);
    for (const name of ['empty', 'absent'])
      await thrownBy(() => disks().host.fileSystems.format(bench().at(name), 'ext4', []), 'E_HOST_FAILED');
  });

  it('when a tool fails that has to look at it', async () => {
    const file = bench().at('image');
    makeBlank(file, 16 * MIB);
    for (const tool of ['blkid', 'wipefs']) {
      const run: RunCommand = (command, words, options) =>
        commandRunner(bench().log)(command === tool ? 'false' : command, words, options);
      const systems = new KernelFileSystems(run, new SyscallPool());
      await thrownBy(() => systems.format(file, 'ext4', []), 'E_HOST_FAILED');
    }
    assert.deepEqual(await disks().host.fileSystems.examine(file), { kind: 'blank' });
  });
});

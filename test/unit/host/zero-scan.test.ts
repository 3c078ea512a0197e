import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { findData, samplePositions, type ScannedDevice } from '../../../plugin/host/zero-scan.ts';

const MIB = 1024 * 1024;

/** A device of zeros that notes what is read of it. */
function zeros(sizeBytes: number, onRead: (position: number, length: number) => void): ScannedDevice {
  return {
    sizeBytes,
    read: async (position, length) => {
      onRead(position, length);
      return Buffer.alloc(length);
    },
    mayHaveData: async () => true,
  };
}

describe('samples', () => {
  it('are in every MiB of disks up to 4 GiB', () => {
    for (const size of [2 * MIB, 10.5 * MIB, 1000 * MIB + 512, 4096 * MIB]) {
      const expected = Array.from({ length: Math.floor(size / MIB) - 1 }, (_, index) => (index + 1) * MIB);
      assert.deepEqual(samplePositions(size), expected);
    }
  });

  it('are never more than 4,096, evenly spread, at whole MiB', () => {
    for (const size of [5000 * MIB, 2 ** 44, 2 ** 46 + 512]) {
      const positions = samplePositions(size);
      assert.equal(positions.length, 4095);
      const steps = positions.slice(1).map((position, index) => position - (positions[index] ?? 0));
      assert.ok(Math.max(...steps) - Math.min(...steps) <= MIB);
      assert.ok(positions.every((position) => position % MIB === 0 && position < size));
      assert.ok((positions.at(-1) ?? 0) > size - 2 * Math.max(...steps));
    }
  });

  it('are none on a disk of one MiB', () => assert.deepEqual(samplePositions(MIB), []));
});

describe('a scan', () => {
  it('reads the first and the last MiB whole', async () => {
    for (const size of [512, MIB, MIB + 512, 2 * MIB, 3 * MIB - 512, 64 * MIB]) {
      const read = new Set<number>();
      const device = zeros(size, (position, length) => {
        assert.equal(position % 4096, 0);
        for (let at = position; at < position + length; at += 512) read.add(at);
      });
      assert.equal(await findData(device), undefined);
      for (let at = 0; at < size; at += 512) {
        if (at < MIB || at >= size - MIB) assert.ok(read.has(at), `${at} of ${size} was not read`);
      }
      assert.ok([...read].every((at) => at < size));
    }
  });

  it('fails when a single sample cannot be read', async () => {
    const device = zeros(64 * MIB, (position) => {
      if (position === 37 * MIB) throw new Error('i/o error');
    });
    await assert.rejects(findData(device), /i\/o error/);
  });

  it('takes no samples of what was never written', async () => {
    let reads = 0;
    const device = zeros(64 * MIB, () => (reads += 1));
    assert.equal(await findData({ ...device, mayHaveData: async () => false }), undefined);
    assert.equal(reads, 2);
  });
});

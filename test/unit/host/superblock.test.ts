import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseSuperblock, SUPERBLOCK_BYTES } from '../../../plugin/host/superblock.ts';

function ext4(state: number, high = 0): Buffer {
  const start = Buffer.alloc(SUPERBLOCK_BYTES);
  start.writeUInt32LE(1000, 1024 + 0x04);
  start.writeUInt32LE(2, 1024 + 0x18);
  start.writeUInt16LE(0xef53, 1024 + 0x38);
  start.writeUInt16LE(state, 1024 + 0x3a);
  start.writeUInt32LE(high === 0 ? 0 : 0x80, 1024 + 0x60);
  // Garbage unless the file system says that it counts in 64 bits.
  start.writeUInt32LE(high === 0 ? 77 : high, 1024 + 0x150);
  return start;
}

describe('parseSuperblock', () => {
  it('finds nothing on a blank device', () => {
    assert.equal(parseSuperblock(Buffer.alloc(SUPERBLOCK_BYTES)), undefined);
  });

  it('finds nothing on a device that is too short', () => {
    assert.equal(parseSuperblock(ext4(1).subarray(0, 4096)), undefined);
    assert.equal(parseSuperblock(Buffer.alloc(0)), undefined);
  });

  it('reads ext4', () => {
    const found = parseSuperblock(ext4(1));
    assert.equal(found?.type, 'ext4');
    assert.equal(found.blockSize, 4096);
    assert.equal(found.sizeBytes, 4_096_000);
  });

  it('reads ext4 beyond 16 TiB', () => {
    assert.equal(parseSuperblock(ext4(1, 2))?.sizeBytes, (2 * 2 ** 32 + 1000) * 4096);
  });

  it('takes ext4 for clean only when it is valid and without errors', () => {
    const clean = [0, 1, 2, 3].map((state) => parseSuperblock(ext4(state))?.clean);
    assert.deepEqual(clean, [false, true, false, false]);
  });

  it('reads xfs', () => {
    const start = Buffer.alloc(SUPERBLOCK_BYTES);
    start.write('XFSB');
    start.writeUInt32BE(4096, 4);
    start.writeBigUInt64BE(76_800n, 8);
    start.writeUInt8(25, 127);
    const found = parseSuperblock(start);
    assert.deepEqual(found, {
      type: 'xfs',
      sizeBytes: 314_572_800,
      clean: true,
      blockSize: 4096,
      inodePercent: 25,
      logPending: false,
    });
  });

  it('reads btrfs, and whether its log waits', () => {
    const start = Buffer.alloc(SUPERBLOCK_BYTES);
    start.write('_BHRfS_M', 65_536 + 0x40);
    start.writeBigUInt64LE(209_715_200n, 65_536 + 0x70);
    start.writeUInt32LE(4096, 65_536 + 0x90);
    const found = parseSuperblock(start);
    assert.equal(found?.type, 'btrfs');
    assert.equal(found.sizeBytes, 209_715_200);
    assert.equal(found.logPending, false);
    start.writeBigUInt64LE(30_720_000n, 65_536 + 0x60);
    assert.equal(parseSuperblock(start)?.logPending, true);
  });
});

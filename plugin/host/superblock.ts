import type { FileSystemFacts } from '../core/ports/host.ts';

/** What a superblock says, with what growing and renewing need to know. */
export interface Superblock extends FileSystemFacts {
  readonly blockSize: number;
  /** xfs: the share of space that inodes may take, which growing has to repeat. */
  readonly inodePercent: number;
  /** btrfs: synced writes wait in a log that the next mount replays. */
  readonly logPending: boolean;
}

/** As many bytes from the start of a device as superblocks lie in. */
export const SUPERBLOCK_BYTES = 68 * 1024;

const EXT4 = {
  offset: 1024,
  magic: 0xef53,
  blocksLow: 0x04,
  logBlockSize: 0x18,
  magicAt: 0x38,
  state: 0x3a,
  incompatible: 0x60,
  blocksHigh: 0x150,
};
const EXT4_VALID = 1;
const EXT4_ERRORS = 2;
const EXT4_64BIT = 0x80;
const XFS = { magic: 'XFSB', blockSize: 4, blocks: 8, inodePercent: 127 };
const BTRFS = {
  offset: 64 * 1024,
  magic: '_BHRfS_M',
  magicAt: 0x40,
  logRoot: 0x60,
  bytes: 0x70,
  sectorSize: 0x90,
};

/** Reads the first bytes of a device; undefined when there is no file system that volumes can have. */
export function parseSuperblock(start: Buffer): Superblock | undefined {
  if (start.length < SUPERBLOCK_BYTES) return undefined;
  return (
    parseXfs(start) ?? parseBtrfs(start.subarray(BTRFS.offset)) ?? parseExt4(start.subarray(EXT4.offset))
  );
}

function parseExt4(block: Buffer): Superblock | undefined {
  if (block.readUInt16LE(EXT4.magicAt) !== EXT4.magic) return undefined;
  const blockSize = 1024 << block.readUInt32LE(EXT4.logBlockSize);
  const wide = (block.readUInt32LE(EXT4.incompatible) & EXT4_64BIT) !== 0;
  const high = wide ? block.readUInt32LE(EXT4.blocksHigh) : 0;
  const state = block.readUInt16LE(EXT4.state);
  return {
    type: 'ext4',
    sizeBytes: (high * 2 ** 32 + block.readUInt32LE(EXT4.blocksLow)) * blockSize,
    // A journal that waits to be replayed is no damage; without a journal the valid bit is missing while mounted.
    clean: (state & EXT4_VALID) !== 0 && (state & EXT4_ERRORS) === 0,
    blockSize,
    inodePercent: 0,
    logPending: false,
  };
}

/** Its log is replayed by every mount, so it never asks to be checked first. */
function parseXfs(block: Buffer): Superblock | undefined {
  if (block.toString('latin1', 0, 4) !== XFS.magic) return undefined;
  const blockSize = block.readUInt32BE(XFS.blockSize);
  return {
    type: 'xfs',
    sizeBytes: Number(block.readBigUInt64BE(XFS.blocks)) * blockSize,
    clean: true,
    blockSize,
    inodePercent: block.readUInt8(XFS.inodePercent),
    logPending: false,
  };
}

/** Copy on write: what is on disk is whole at every moment. */
function parseBtrfs(block: Buffer): Superblock | undefined {
  if (block.toString('latin1', BTRFS.magicAt, BTRFS.magicAt + 8) !== BTRFS.magic) return undefined;
  return {
    type: 'btrfs',
    sizeBytes: Number(block.readBigUInt64LE(BTRFS.bytes)),
    clean: true,
    blockSize: block.readUInt32LE(BTRFS.sectorSize),
    inodePercent: 0,
    logPending: block.readBigUInt64LE(BTRFS.logRoot) !== 0n,
  };
}

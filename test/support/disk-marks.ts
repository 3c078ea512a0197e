import { crc32 } from 'node:zlib';

/** Bytes at a place of a disk. */
export interface DiskBytes {
  readonly position: number;
  readonly bytes: Buffer;
}

/**
 * The marks by which `blkid` knows a format, made by hand from the formats' own descriptions, with every checksum and
 * field that it verifies: tests need no tool of each format, some of which want a kernel that has it.
 */

const SECTOR = 512;
const BOOT_MARK = 0xaa55;

function sector(fill: (bytes: Buffer) => void, length = SECTOR): Buffer {
  const bytes = Buffer.alloc(length);
  fill(bytes);
  return bytes;
}

/** LVM physical volume: the label in the second sector, with LVM's own start of the checksum. */
export function lvmMarks(): DiskBytes[] {
  const label = sector((bytes) => {
    bytes.write('LABELONE');
    bytes.writeBigUInt64LE(1n, 8);
    bytes.writeUInt32LE(32, 20);
    bytes.write('LVM2 001', 24);
    bytes.write('abcdefghijklmnopqrstuvwxyz012345', 32);
    // A checksum that is inverted neither before nor after.
    bytes.writeUInt32LE(~crc32(bytes.subarray(20), ~0xf597a6cf >>> 0) >>> 0, 16);
  });
  return [{ position: SECTOR, bytes: label }];
}

/** LUKS, version 1 or 2: the header's beginning. */
export function luksMarks(version: 1 | 2): DiskBytes[] {
  const header = sector((bytes) => {
    bytes.write('LUKS\xba\xbe', 'latin1');
    bytes.writeUInt16BE(version, 6);
    bytes.write('01234567-89ab-cdef-0123-456789abcdef', 168);
  });
  return [{ position: 0, bytes: header }];
}

/** ZFS: uberblocks, in the first of the labels alone. */
export function zfsMarks(): DiskBytes[] {
  return Array.from({ length: 16 }, (_, index) => ({
    position: 128 * 1024 + index * 1024,
    bytes: sector((bytes) => {
      bytes.writeBigUInt64LE(0x00bab10cn, 0);
      bytes.writeBigUInt64LE(5000n, 8);
    }),
  }));
}

/** Member of a software RAID: version 0.90 lies 64 to 128 KiB before the end, and nowhere else. */
export function oldRaidMarks(size: number): DiskBytes[] {
  const position = Math.floor(size / 65_536) * 65_536 - 65_536;
  const block = sector((bytes) => {
    bytes.writeUInt32LE(0xa92b4efc, 0);
    bytes.writeUInt32LE(90, 8);
    bytes.writeUInt32LE(0x01234567, 20);
    bytes.writeUInt32LE(1, 28);
    bytes.writeUInt32LE(position / 1024, 32);
    bytes.writeUInt32LE(2, 40);
  }, 4096);
  return [{ position, bytes: block }];
}

/** Member of a software RAID: version 1.2 lies 4 KiB from the start. */
export function raidMarks(): DiskBytes[] {
  const block = sector((bytes) => {
    bytes.writeUInt32LE(0xa92b4efc, 0);
    bytes.writeUInt32LE(1, 4);
    bytes.write('0123456789abcdef', 16);
    bytes.write('host:data', 32);
    bytes.writeBigUInt64LE(2048n, 128);
    bytes.writeBigUInt64LE(8n, 144);
    let sum = 0n;
    for (let at = 0; at < 256; at += 4) sum += BigInt(bytes.readUInt32LE(at));
    bytes.writeUInt32LE(Number((sum & 0xffffffffn) + (sum >> 32n)), 216);
  });
  return [{ position: 4096, bytes: block }];
}

/** bcache: a backing or a caching device. */
export function bcacheMarks(): DiskBytes[] {
  const block = sector((bytes) => {
    bytes.writeBigUInt64LE(8n, 8);
    bytes.writeBigUInt64LE(1n, 16);
    Buffer.from('c68573f64e1a45ca8265f57f48ba6d81', 'hex').copy(bytes, 24);
    bytes.write('0123456789abcdef', 40);
  });
  return [{ position: 4096, bytes: block }];
}

/** ISO 9660: the primary volume descriptor and the end of the descriptors. */
export function isoMarks(): DiskBytes[] {
  const descriptor = (type: number, name: string): Buffer =>
    sector((bytes) => {
      bytes.writeUInt8(type);
      bytes.write('CD001\u0001', 1);
      bytes.write(name.padEnd(32), 40);
    }, 2048);
  return [
    { position: 32_768, bytes: descriptor(1, 'HOLIDAYS') },
    { position: 34_816, bytes: descriptor(255, '') },
  ];
}

/** FAT16: the boot sector. */
export function fatMarks(size: number): DiskBytes[] {
  const boot = sector((bytes) => {
    Buffer.from([0xeb, 0x3c, 0x90]).copy(bytes);
    bytes.write('MSDOS5.0', 3);
    bytes.writeUInt16LE(SECTOR, 11);
    bytes.writeUInt8(4, 13);
    bytes.writeUInt16LE(1, 14);
    bytes.writeUInt8(2, 16);
    bytes.writeUInt16LE(512, 17);
    bytes.writeUInt16LE(size / SECTOR, 19);
    bytes.writeUInt8(0xf8, 21);
    bytes.writeUInt16LE(32, 22);
    bytes.writeUInt8(0x29, 38);
    bytes.write('NO NAME    FAT16   ', 43);
    bytes.writeUInt16LE(BOOT_MARK, 510);
  });
  return [{ position: 0, bytes: boot }];
}

/** NTFS: the boot sector, and of the file table the entries of itself and of the volume. */
export function ntfsMarks(size: number): DiskBytes[] {
  const [cluster, table, entry] = [4096, 4, 1024];
  const boot = sector((bytes) => {
    Buffer.from([0xeb, 0x52, 0x90]).copy(bytes);
    bytes.write('NTFS    ', 3);
    bytes.writeUInt16LE(SECTOR, 11);
    bytes.writeUInt8(cluster / SECTOR, 13);
    bytes.writeUInt8(0xf8, 21);
    bytes.writeBigUInt64LE(BigInt(size / SECTOR - 1), 40);
    bytes.writeBigUInt64LE(BigInt(table), 48);
    bytes.writeBigUInt64LE(BigInt(table), 56);
    // 2 to the power of 10 bytes, not clusters.
    bytes.writeInt8(-10, 64);
    bytes.writeUInt8(1, 68);
    bytes.writeUInt16LE(BOOT_MARK, 510);
  });
  const record = sector((bytes) => {
    bytes.write('FILE');
    bytes.writeUInt16LE(56, 20);
    bytes.writeUInt32LE(64, 24);
    bytes.writeUInt32LE(entry, 28);
    bytes.writeUInt32LE(0xffffffff, 56);
  }, entry);
  const records = [0, 3].map((index) => ({ position: table * cluster + index * entry, bytes: record }));
  return [{ position: 0, bytes: boot }, ...records];
}

/** exFAT: the boot region of twelve sectors, the last of which repeats the checksum. */
export function exfatMarks(size: number): DiskBytes[] {
  const region = sector((bytes) => {
    Buffer.from([0xeb, 0x76, 0x90]).copy(bytes);
    bytes.write('EXFAT   ', 3);
    bytes.writeBigUInt64LE(BigInt(size / SECTOR), 72);
    bytes.writeUInt32LE(128, 80);
    bytes.writeUInt32LE(64, 84);
    bytes.writeUInt32LE(256, 88);
    bytes.writeUInt32LE(1000, 92);
    bytes.writeUInt32LE(4, 96);
    bytes.writeUInt16LE(0x100, 104);
    bytes.writeUInt8(9, 108);
    bytes.writeUInt8(3, 109);
    bytes.writeUInt8(1, 110);
    bytes.writeUInt16LE(BOOT_MARK, 510);
    let sum = 0;
    for (const [at, byte] of bytes.subarray(0, 11 * SECTOR).entries()) {
      // Flags and the share in use change at every mount.
      if (at !== 106 && at !== 107 && at !== 112) sum = (((sum << 31) | (sum >>> 1)) + byte) >>> 0;
    }
    for (let at = 11 * SECTOR; at < bytes.length; at += 4) bytes.writeUInt32LE(sum, at);
  }, 12 * SECTOR);
  return [{ position: 0, bytes: region }];
}

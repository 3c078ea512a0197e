import { crc32 } from 'node:zlib';
import type { DiskBytes } from './disk-marks.ts';

/** Tables of partitions, by hand (UEFI specification, chapter 5). */

const SECTOR = 512;
const ENTRIES = 128;
const ENTRY_BYTES = 128;
/** The array of entries takes 32 sectors beside each header. */
const ARRAY_SECTORS = (ENTRIES * ENTRY_BYTES) / SECTOR;
/** Programs align the first partition so. */
const FIRST = 2048;

/** A boot sector with one partition over nearly the whole disk: `0x83` Linux, `0xee` "see the GPT". */
export function mbr(size: number, type: 0x83 | 0xee): DiskBytes[] {
  const bytes = Buffer.alloc(SECTOR);
  const start = type === 0xee ? 1 : FIRST;
  bytes.writeUInt8(type, 446 + 4);
  bytes.writeUInt32LE(start, 446 + 8);
  bytes.writeUInt32LE(size / SECTOR - start, 446 + 12);
  bytes.writeUInt16LE(0xaa55, 510);
  return [{ position: 0, bytes }];
}

/** A GPT with one Linux partition: the copy at the end of the disk only, or all of it. */
export function gpt(size: number, which: 'whole' | 'backup'): DiskBytes[] {
  const last = size / SECTOR - 1;
  const array = entries(last);
  const backup = [
    { position: (last - ARRAY_SECTORS) * SECTOR, bytes: array },
    {
      position: last * SECTOR,
      bytes: header({ own: last, other: 1, array: last - ARRAY_SECTORS, last }, array),
    },
  ];
  if (which === 'backup') return backup;
  return [
    ...mbr(size, 0xee),
    { position: SECTOR, bytes: header({ own: 1, other: last, array: 2, last }, array) },
    { position: 2 * SECTOR, bytes: array },
    ...backup,
  ];
}

interface Places {
  readonly own: number;
  readonly other: number;
  readonly array: number;
  readonly last: number;
}

function header(places: Places, array: Buffer): Buffer {
  const bytes = Buffer.alloc(SECTOR);
  bytes.write('EFI PART');
  bytes.writeUInt32LE(0x10000, 8);
  bytes.writeUInt32LE(92, 12);
  bytes.writeBigUInt64LE(BigInt(places.own), 24);
  bytes.writeBigUInt64LE(BigInt(places.other), 32);
  bytes.writeBigUInt64LE(BigInt(FIRST), 40);
  bytes.writeBigUInt64LE(BigInt(places.last - ARRAY_SECTORS - 1), 48);
  bytes.write('0123456789abcdef', 56);
  bytes.writeBigUInt64LE(BigInt(places.array), 72);
  bytes.writeUInt32LE(ENTRIES, 80);
  bytes.writeUInt32LE(ENTRY_BYTES, 84);
  bytes.writeUInt32LE(crc32(array), 88);
  bytes.writeUInt32LE(crc32(bytes.subarray(0, 92)), 16);
  return bytes;
}

function entries(last: number): Buffer {
  const bytes = Buffer.alloc(ENTRIES * ENTRY_BYTES);
  Buffer.from('af3dc60f838472478e793d69d8477de4', 'hex').copy(bytes);
  bytes.write('fedcba9876543210', 16);
  bytes.writeBigUInt64LE(BigInt(FIRST), 32);
  bytes.writeBigUInt64LE(BigInt(last - ARRAY_SECTORS - 1), 40);
  return bytes;
}

import { type FileHandle, open } from 'node:fs/promises';
import { parseSuperblock, type Superblock, SUPERBLOCK_BYTES } from './superblock.ts';
import { ioctl } from './system-calls.ts';

/** BLKGETSIZE64 of linux/fs.h. */
const GET_SIZE = 0x80081272;

async function withDevice<Result>(
  device: string,
  work: (handle: FileHandle) => Promise<Result>,
): Promise<Result> {
  const handle = await open(device, 'r');
  try {
    return await work(handle);
  } finally {
    await handle.close();
  }
}

/** Bytes that an open device or image file has. */
export async function sizeOf(handle: FileHandle): Promise<number> {
  const facts = await handle.stat();
  if (!facts.isBlockDevice()) return facts.size;
  const size = Buffer.alloc(8);
  ioctl(handle.fd, GET_SIZE, size);
  return Number(size.readBigUInt64LE());
}

/** Bytes that a device or an image file has. */
export function deviceSize(device: string): Promise<number> {
  return withDevice(device, sizeOf);
}

/** The superblock of a device or an image file, when there is one that volumes can have. */
export function readSuperblock(device: string): Promise<Superblock | undefined> {
  return withDevice(device, async (handle) => {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(SUPERBLOCK_BYTES), 0, SUPERBLOCK_BYTES, 0);
    return parseSuperblock(buffer.subarray(0, bytesRead));
  });
}

import { constants } from 'node:fs';
import { open, readFile } from 'node:fs/promises';
import { StowageError } from '../core/errors.ts';
import type { FileSystemType } from '../core/ports/host.ts';
import { deviceSize, readSuperblock } from './device-reading.ts';
import type { BlockingCalls } from './syscall-pool.ts';

/** Requests of the file systems' own headers. */
const EXT4_RESIZE = 0x40086610;
const XFS_GROW_DATA = 0x4010586e;
const BTRFS_RESIZE = 0x50009403;

/** struct btrfs_ioctl_vol_args: a file descriptor, then a name of up to 4087 bytes. */
const BTRFS_ARGUMENTS = { size: 4096, name: 8 };
const SYS_RESOURCE = 24n;

/**
 * Lets a mounted file system fill its device, through any directory of it. By the kernel's own calls: the tools look
 * for the top directory among the mounts, and only a directory below it is mounted.
 */
export async function growMounted(
  calls: BlockingCalls,
  device: string,
  target: string,
  type: FileSystemType,
): Promise<void> {
  const request = await requestFor(device, type);
  const handle = await open(target, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    await calls.run('ioctl', handle.fd, request.number, request.argument);
  } finally {
    await handle.close();
  }
}

async function requestFor(
  device: string,
  type: FileSystemType,
): Promise<{ number: number; argument: Buffer }> {
  if (type === 'btrfs') {
    const argument = Buffer.alloc(BTRFS_ARGUMENTS.size);
    argument.write('max', BTRFS_ARGUMENTS.name);
    return { number: BTRFS_RESIZE, argument };
  }
  const [superblock, size] = await Promise.all([readSuperblock(device), deviceSize(device)]);
  if (superblock?.type !== type) {
    throw new StowageError('E_FILESYSTEM_DAMAGED', `${device} has no ${type} file system that could grow`);
  }
  const blocks = BigInt(Math.floor(size / superblock.blockSize));
  if (type === 'ext4') {
    const argument = Buffer.alloc(8);
    argument.writeBigUInt64LE(blocks);
    return { number: EXT4_RESIZE, argument };
  }
  const argument = Buffer.alloc(16);
  argument.writeBigUInt64LE(blocks);
  argument.writeUInt32LE(superblock.inodePercent, 8);
  return { number: XFS_GROW_DATA, argument };
}

/** Whether the kernel lets this process grow a mounted ext4. The other file systems ask for no more than a mount does. */
export async function mayGrowMountedExt4(): Promise<boolean> {
  const effective = /^CapEff:\s*([0-9a-f]+)$/m.exec(await readFile('/proc/self/status', 'utf8'))?.[1] ?? '0';
  return ((BigInt(`0x${effective}`) >> SYS_RESOURCE) & 1n) === 1n;
}

import { errnoOf } from './system-call-error.ts';
import { ioctl } from './system-calls.ts';

/** Requests of linux/loop.h. */
const SET_FD = 0x4c00;
const CLEAR_FD = 0x4c01;
const SET_STATUS = 0x4c04;
const GET_STATUS = 0x4c05;
const SET_CAPACITY = 0x4c07;
const SET_DIRECT_IO = 0x4c08;
const CONFIGURE = 0x4c0a;
const CONTROL_GET_FREE = 0x4c82;

const AUTOCLEAR = 4;
const DIRECT_IO = 16;

/** struct loop_info64, and struct loop_config around it. */
const INFO = { size: 232, device: 0, inode: 8, flags: 52, fileName: 56, fileNameLength: 63 };
const CONFIG = { size: 304, fd: 0, sector: 4, info: 8 };
/** Always the same, whatever disk is below: a file system keeps the sector size that it was made with. */
const SECTOR = 512;

/** Which file a loop device shows. */
export interface BackingFile {
  /** As the kernel packs it, which for real devices is as the C library does. */
  readonly device: bigint;
  readonly inode: bigint;
}

/** The number of a device that is free at this moment, made when there was none. */
export function freeLoop(controlFd: number): number {
  return ioctl(controlFd, CONTROL_GET_FREE, 0);
}

/** Which file the open loop device shows. ENXIO when none. */
export function backingFile(loopFd: number): BackingFile {
  const info = Buffer.alloc(INFO.size);
  ioctl(loopFd, GET_STATUS, info);
  return { device: info.readBigUInt64LE(INFO.device), inode: info.readBigUInt64LE(INFO.inode) };
}

/** Tells the device to look at the size of its file again. */
export function refreshCapacity(loopFd: number): void {
  ioctl(loopFd, SET_CAPACITY, 0);
}

/**
 * Makes the open loop device show the open file, until the last user has gone. EBUSY when another process was faster.
 * Direct I/O where the file system below can, because otherwise every page of a volume is cached twice.
 */
export function showFile(loopFd: number, fileFd: number, fileName: string): void {
  for (const flags of [AUTOCLEAR | DIRECT_IO, AUTOCLEAR]) {
    try {
      configure(loopFd, fileFd, infoWith(flags, fileName));
      return;
    } catch (error) {
      if (!isUnknown(error)) throw error;
    }
  }
  showFileInSteps(loopFd, fileFd, fileName);
}

function isUnknown(error: unknown): boolean {
  const errno = errnoOf(error);
  return errno === 'EINVAL' || errno === 'ENOTTY';
}

/** The name is for people who read losetup's list. */
function infoWith(flags: number, fileName: string): Buffer {
  const info = Buffer.alloc(INFO.size);
  info.writeUInt32LE(flags, INFO.flags);
  info.write(fileName, INFO.fileName, INFO.fileNameLength, 'utf8');
  return info;
}

function configure(loopFd: number, fileFd: number, info: Buffer): void {
  const config = Buffer.alloc(CONFIG.size);
  config.writeUInt32LE(fileFd, CONFIG.fd);
  config.writeUInt32LE(SECTOR, CONFIG.sector);
  info.copy(config, CONFIG.info);
  ioctl(loopFd, CONFIGURE, config);
}

/** Before Linux 5.8 it takes two calls; when the second fails the first is taken back. Exported for its test. */
export function showFileInSteps(loopFd: number, fileFd: number, fileName: string): void {
  ioctl(loopFd, SET_FD, fileFd);
  try {
    ioctl(loopFd, SET_STATUS, infoWith(AUTOCLEAR, fileName));
  } catch (error) {
    ioctl(loopFd, CLEAR_FD, 0);
    throw error;
  }
  try {
    ioctl(loopFd, SET_DIRECT_IO, 1);
  } catch {
    // The file system below cannot; the device works all the same.
  }
}

import { constants } from 'node:fs';
import { type FileHandle, open, stat } from 'node:fs/promises';
import { StowageError } from '../core/errors.ts';
import { sizeOf } from './device-reading.ts';
import { errnoOf, SystemCallError } from './system-call-error.ts';
import { addressOf, hasData } from './system-calls.ts';

/** What direct reads have to be multiples of, in memory and on disk: the largest sector that disks have. */
const ALIGNMENT = 4096;

/**
 * A device or an image file, held open and read past the cache where that is possible: what was cached before a disk
 * broke, or was swapped under its name, says nothing about what is on it now.
 */
export class DirectDevice {
  readonly path: string;
  readonly sizeBytes: number;
  #handle: FileHandle;
  #direct: boolean;

  private constructor(path: string, handle: FileHandle, direct: boolean, sizeBytes: number) {
    this.path = path;
    this.#handle = handle;
    this.#direct = direct;
    this.sizeBytes = sizeBytes;
  }

  /** Opens it for the time that the work takes. */
  static async use<Result>(path: string, work: (device: DirectDevice) => Promise<Result>): Promise<Result> {
    const { handle, direct } = await openDirect(path);
    let device: DirectDevice | undefined;
    try {
      device = new DirectDevice(path, handle, direct, await sizeOf(handle));
      return await work(device);
    } finally {
      await (device === undefined ? handle : device.#handle).close();
    }
  }

  /** These bytes, all of them; EIO otherwise. The position is a multiple of 4,096. */
  async read(position: number, length: number): Promise<Buffer> {
    const whole = Math.ceil(length / ALIGNMENT) * ALIGNMENT;
    const space = Buffer.alloc(whole + ALIGNMENT);
    const skip = (ALIGNMENT - (addressOf(space) % ALIGNMENT)) % ALIGNMENT;
    const buffer = space.subarray(skip, skip + whole);
    let count = 0;
    // More than was asked for may come, up to where the last sector ends.
    while (count < length) {
      const bytesRead = await this.#readOnce(buffer.subarray(count), position + count);
      if (bytesRead === 0) {
        const found = `the device ends after ${count} of the ${length} bytes at ${position}`;
        throw new SystemCallError('read', 'EIO', found);
      }
      count += bytesRead;
    }
    return buffer.subarray(0, length);
  }

  async #readOnce(buffer: Buffer, position: number): Promise<number> {
    try {
      return (await this.#handle.read(buffer, 0, buffer.length, position)).bytesRead;
    } catch (error) {
      if (!this.#direct || errnoOf(error) !== 'EINVAL') throw error;
    }
    // Some file systems open files for direct reads and then refuse them.
    await this.#readThroughCache();
    return (await this.#handle.read(buffer, 0, buffer.length, position)).bytesRead;
  }

  async #readThroughCache(): Promise<void> {
    const direct = this.#handle;
    this.#direct = false;
    const cached = await open(this.path, constants.O_RDONLY);
    if (!(await sameDevice(direct, await cached.stat({ bigint: true })))) {
      await cached.close();
      throw swapped(this.path);
    }
    this.#handle = cached;
    await direct.close();
  }

  /** False when it is a file of whose content the file system itself says that nothing was ever written. */
  async mayHaveData(): Promise<boolean> {
    const facts = await this.#handle.stat();
    return !facts.isFile() || hasData(this.#handle.fd);
  }

  /** E_HOST_FAILED when the path has come to mean something else since this was opened, or its size has changed. */
  async mustStillBeThere(): Promise<void> {
    const same = await sameDevice(this.#handle, await stat(this.path, { bigint: true }));
    if (!same || (await sizeOf(this.#handle)) !== this.sizeBytes) throw swapped(this.path);
  }
}

async function openDirect(path: string): Promise<{ handle: FileHandle; direct: boolean }> {
  try {
    return { handle: await open(path, constants.O_RDONLY | constants.O_DIRECT), direct: true };
  } catch (error) {
    if (errnoOf(error) !== 'EINVAL') throw error;
    return { handle: await open(path, constants.O_RDONLY), direct: false };
  }
}

interface Identity {
  readonly dev: bigint;
  readonly ino: bigint;
  readonly rdev: bigint;
}

/** Devices by their numbers, whatever node shows them; files by what they are. */
async function sameDevice(handle: FileHandle, other: Identity): Promise<boolean> {
  const own = await handle.stat({ bigint: true });
  if (own.isBlockDevice()) return own.rdev === other.rdev;
  return own.dev === other.dev && own.ino === other.ino;
}

function swapped(path: string): StowageError {
  return new StowageError(
    'E_HOST_FAILED',
    `${path} was swapped for something else, or its size changed, while it was looked at`,
    { remedy: 'Find out what attaches and detaches disks here, then repeat. Nothing was written.' },
  );
}

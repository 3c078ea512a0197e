import { constants } from 'node:fs';
import { type FileHandle, open, readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { StowageError } from '../core/errors.ts';
import type { Log, LoopDevice } from '../core/ports/host.ts';
import { deviceNode, deviceNumber } from './device-nodes.ts';
import { hostFailure, isAbsent } from './host-failure.ts';
import { backingFile, freeLoop, refreshCapacity, showFile } from './loop-ioctl.ts';
import { errnoOf, reasonOf } from './system-call-error.ts';

/** Where loop devices come from. */
export interface LoopSettings {
  /** For device nodes that `/dev` lacks. */
  readonly deviceDirectory: string;
  readonly log: Log;
}

const SYSFS = '/sys/block';
/** Fixed by the kernel; opening it loads the driver where that is a module. */
const CONTROL = { name: 'loop-control', kind: 'character', device: '10:237' } as const;
/** Between asking for a free device and taking it another process may be faster. */
const ATTEMPTS = 64;
/** What taking a device says when somebody else has it or it is just going. */
const LOST_RACE = new Set(['EBUSY', 'ENXIO', 'ENODEV', 'ENOENT']);

/** Loop devices by the kernel's own calls; no losetup, no udev. */
export class LoopDevices {
  readonly #settings: LoopSettings;

  constructor(settings: LoopSettings) {
    this.#settings = settings;
  }

  /** As `BlockDevices.findLoop`. */
  async findLoop(file: string): Promise<LoopDevice | undefined> {
    try {
      const handle = await open(file, constants.O_RDONLY);
      try {
        return await this.#find(await handle.stat({ bigint: true }), path.basename(file));
      } finally {
        await handle.close();
      }
    } catch (error) {
      if (isAbsent(error)) return undefined;
      throw hostFailure(`looking for the loop device of ${file}`, error);
    }
  }

  async #find(file: { dev: bigint; ino: bigint }, baseName: string): Promise<LoopDevice | undefined> {
    for (const name of await readdir(SYSFS)) {
      if (!name.startsWith('loop') || !(await mayShow(name, baseName))) continue;
      const loop = await this.#hold(name, constants.O_RDONLY);
      if (loop === undefined) continue;
      if (shows(loop.handle, file)) return loop.device;
      await loop.handle.close();
    }
    return undefined;
  }

  /** As `BlockDevices.attachLoop`. */
  async attachLoop(file: string): Promise<LoopDevice> {
    const handles: FileHandle[] = [];
    try {
      const image = await open(file, constants.O_RDWR);
      handles.push(image);
      const control = await open(await deviceNode(CONTROL, this.#settings.deviceDirectory), constants.O_RDWR);
      handles.push(control);
      for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
        const loop = await this.#take(`loop${freeLoop(control.fd)}`, image, file);
        if (loop !== undefined) return loop;
      }
    } catch (error) {
      throw unavailable(file, reasonOf(error), error);
    } finally {
      await Promise.all(handles.map((handle) => handle.close()));
    }
    throw unavailable(file, 'other programs took every free one first', undefined);
  }

  async #take(name: string, image: FileHandle, file: string): Promise<LoopDevice | undefined> {
    const loop = await this.#hold(name, constants.O_RDWR);
    if (loop === undefined) return undefined;
    try {
      showFile(loop.handle.fd, image.fd, file);
      this.#settings.log.debug({ call: 'ioctl', loop: loop.device.path, file }, 'system call');
      return loop.device;
    } catch (error) {
      await loop.handle.close();
      if (LOST_RACE.has(errnoOf(error) ?? '')) return undefined;
      throw error;
    }
  }

  /** Opens a device, which keeps it from vanishing. Undefined when it has vanished already. */
  async #hold(name: string, flags: number): Promise<{ handle: FileHandle; device: LoopDevice } | undefined> {
    const device = await deviceNumber(path.join(SYSFS, name));
    if (device === undefined) return undefined;
    const node = await deviceNode({ name, kind: 'block', device }, this.#settings.deviceDirectory);
    try {
      const handle = await open(node, flags);
      return { handle, device: { path: node, device, release: () => handle.close() } };
    } catch (error) {
      if (LOST_RACE.has(errnoOf(error) ?? '')) return undefined;
      throw error;
    }
  }

  /** As `BlockDevices.refreshLoop`. */
  async refreshLoop(loop: LoopDevice): Promise<void> {
    try {
      const handle = await open(loop.path, constants.O_RDONLY);
      try {
        refreshCapacity(handle.fd);
      } finally {
        await handle.close();
      }
    } catch (error) {
      throw hostFailure(`growing the loop device ${loop.path}`, error);
    }
  }
}

/**
 * Whether a device may show a file of this name. The rest of the path that the kernel tells is as another mount
 * namespace sees it, so only the last part is compared, and what it means is proved later.
 */
async function mayShow(name: string, baseName: string): Promise<boolean> {
  try {
    const shown = await readFile(path.join(SYSFS, name, 'loop/backing_file'), 'utf8');
    return path.basename(shown.trimEnd()).replace(/ \(deleted\)$/, '') === baseName;
  } catch {
    // Shows no file at present.
    return false;
  }
}

/** By the file's identity. Asked of the open device, which can no longer change what it shows. */
function shows(handle: FileHandle, file: { dev: bigint; ino: bigint }): boolean {
  try {
    const backing = backingFile(handle.fd);
    return backing.inode === file.ino && backing.device === BigInt.asUintN(32, file.dev);
  } catch (error) {
    // Let go of its file between our look and our opening it.
    if (errnoOf(error) === 'ENXIO') return false;
    throw error;
  }
}

function unavailable(file: string, reason: string, cause: unknown): StowageError {
  return new StowageError('E_DEVICE_UNAVAILABLE', `no loop device for ${file}: ${reason}`, {
    details: { file, errno: errnoOf(cause) },
    cause,
  });
}

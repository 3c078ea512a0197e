import { rmdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Log, Mounter } from '../core/ports/host.ts';
import type { ScratchDirectories } from './scratch-directories.ts';
import { errnoOf, reasonOf } from './system-call-error.ts';

/** Where sysfs is, and what a writable view of it is made with. */
export interface SysfsWriterSettings {
  readonly hostSys: string;
  readonly mounts: Mounter;
  readonly scratch: ScratchDirectories;
  readonly log: Log;
}

/** Asks things of the kernel by writing into sysfs. */
export class SysfsWriter {
  readonly #settings: SysfsWriterSettings;

  constructor(settings: SysfsWriterSettings) {
    this.#settings = settings;
  }

  /** Writes into a file below `/sys`. An absent one is fine: not every device has every file. A refusal is logged. */
  async write(file: string, text: string): Promise<void> {
    const { hostSys, log } = this.#settings;
    try {
      if ((await written(path.join(hostSys, file), text)) === 'read-only') {
        // A container's own is read-only; a second one, in passing, is not.
        await this.#writeInPassing(file, text);
      }
      log.debug({ file, text }, 'sysfs');
    } catch (error) {
      log.warn({ file, reason: reasonOf(error) }, 'the kernel refused what was asked by sysfs');
    }
  }

  async #writeInPassing(file: string, text: string): Promise<void> {
    const { mounts, scratch } = this.#settings;
    const target = await scratch.make();
    try {
      await mounts.mount({
        source: 'sysfs',
        target,
        fileSystem: 'sysfs',
        options: ['nosuid', 'nodev', 'noexec'],
      });
      await written(path.join(target, file), text);
    } finally {
      await mounts.unmount(target);
      await rmdir(target);
    }
  }
}

async function written(file: string, text: string): Promise<'yes' | 'absent' | 'read-only'> {
  try {
    // Never made anew: in sysfs that is refused with words that mislead.
    await writeFile(file, text, { flag: 'r+' });
    return 'yes';
  } catch (error) {
    const errno = errnoOf(error);
    if (errno === 'ENOENT' || errno === 'ENOTDIR') return 'absent';
    if (errno === 'EROFS') return 'read-only';
    throw error;
  }
}

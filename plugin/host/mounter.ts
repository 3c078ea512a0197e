import { type FileHandle, open, readFile, readlink } from 'node:fs/promises';
import path from 'node:path';
import { type ErrorCode, StowageError } from '../core/errors.ts';
import type { Log, MountedThing, Mounter, MountEntry, MountSpec } from '../core/ports/host.ts';
import type { Holder } from '../core/ports/volume-driver.ts';
import { bindMount, restrictionsOf } from './bind-mount.ts';
import { isAbsent } from './host-failure.ts';
import { findHolders, type HolderSettings } from './holders.ts';
import { mountIdAt, mountIdOf, O_PATH } from './mount-id.ts';
import { MS, parseMountOptions } from './mount-options.ts';
import { remedyFor } from './host-failure.ts';
import { isAtOrBelow, type MountLine, parseMountinfo } from './mountinfo.ts';
import type { BlockingCalls } from './syscall-pool.ts';
import { errnoOf, reasonOf, SystemCallError } from './system-call-error.ts';
import { mount, umount2 } from './system-calls.ts';

const DETACH = 2;
const NO_FOLLOW = 8;
/** Far more mounts than anybody stacks, and few enough to end. */
const STACK_LIMIT = 1000;
/** How the kernel says that a file system contradicts itself. */
const DAMAGED = new Set(['EUCLEAN', 'EBADMSG']);
/** File systems of the kernel's own, which mount in microseconds. */
const INSTANT = new Set(['tmpfs', 'ramfs', 'proc', 'sysfs']);

/** The whole mount table, read until two reads agree: kernels before 5.8 leave out lines when it changes meanwhile. */
async function readMountTable(file = '/proc/self/mountinfo'): Promise<MountLine[]> {
  let text = await readFile(file, 'utf8');
  for (let attempt = 0; attempt < 5; attempt += 1) {
    const again = await readFile(file, 'utf8');
    if (again === text) break;
    text = again;
  }
  return parseMountinfo(text);
}

/** Mounts by system calls. */
export class KernelMounter implements Mounter {
  readonly #calls: BlockingCalls;
  readonly #log: Log;
  readonly #holders: HolderSettings;

  constructor(calls: BlockingCalls, log: Log, holders: HolderSettings) {
    this.#calls = calls;
    this.#log = log;
    this.#holders = holders;
  }

  async mount(spec: MountSpec): Promise<void> {
    const { flags, data } = parseMountOptions(spec.options);
    const facts = { source: spec.source, target: spec.target, fileSystem: spec.fileSystem };
    // Options are left out: some file systems take passwords there.
    this.#log.debug({ call: 'mount', ...facts }, 'system call');
    const values = [spec.source, spec.target, spec.fileSystem, flags, data] as const;
    try {
      if (INSTANT.has(spec.fileSystem)) mount(...values);
      else await this.#calls.run('mount', ...values);
    } catch (error) {
      const code = DAMAGED.has(errnoOf(error) ?? '') ? 'E_FILESYSTEM_DAMAGED' : 'E_MOUNT_FAILED';
      throw refused(code, `mounting ${spec.fileSystem} on ${spec.target}`, error, facts);
    }
  }

  async bind(source: string, target: string, options: readonly string[]): Promise<void> {
    this.#log.debug({ call: 'mount', source, target, bind: true }, 'system call');
    try {
      bindMount(source, target, options);
    } catch (error) {
      throw refused('E_MOUNT_FAILED', `showing ${source} on ${target}`, error, { source, target });
    }
  }

  async remount(target: string, fileSystem: string, options: readonly string[]): Promise<void> {
    this.#log.debug({ call: 'mount', target, fileSystem, remount: true }, 'system call');
    try {
      // A remount drops the flags that it does not name.
      const { flags, data } = parseMountOptions([...restrictionsOf(target), ...options]);
      await this.#calls.run('mount', null, target, fileSystem, flags | MS.REMOUNT, data);
    } catch (error) {
      throw refused('E_MOUNT_FAILED', `changing the mount on ${target}`, error, { target, fileSystem });
    }
  }

  async unmount(target: string): Promise<void> {
    try {
      for (let layer = 0; layer < STACK_LIMIT; layer += 1) {
        const id = await topmostMount(target);
        if (id === undefined) return;
        await this.#unmountTopmost(target, id);
      }
    } catch (error) {
      throw refused('E_UNMOUNT_FAILED', `unmounting ${target}`, error, { target });
    }
    throw new StowageError(
      'E_UNMOUNT_FAILED',
      `unmounting ${target} never ends: something keeps mounting there`,
    );
  }

  async #unmountTopmost(target: string, id: number): Promise<void> {
    const quick = await isOneOfSeveral(id);
    for (const flags of [NO_FOLLOW, NO_FOLLOW | DETACH]) {
      try {
        return await this.#umount(target, flags, quick);
      } catch (error) {
        const errno = errnoOf(error);
        // No mount point any more: somebody else was faster.
        if (errno === 'EINVAL' || errno === 'ENOENT') return;
        if (errno !== 'EBUSY') throw error;
      }
    }
    throw new SystemCallError('umount2', 'EBUSY', 'device or resource busy');
  }

  async #umount(target: string, flags: number, quick: boolean): Promise<void> {
    this.#log.debug({ call: 'umount2', target, detach: (flags & DETACH) !== 0 }, 'system call');
    if (quick) umount2(target, flags);
    else await this.#calls.run('umount2', target, flags);
  }

  table(): Promise<MountEntry[]> {
    return readMountTable();
  }

  async isMountPoint(target: string): Promise<boolean> {
    try {
      return (await topmostMount(target)) !== undefined;
    } catch (error) {
      throw refused('E_HOST_FAILED', `looking at ${target}`, error, { target });
    }
  }

  async identify(place: string): Promise<MountedThing> {
    let handle: FileHandle | undefined;
    try {
      handle = await open(place, O_PATH);
      const id = mountIdOf(handle.fd);
      const real = await readlink(`/proc/self/fd/${handle.fd}`);
      // The open handle keeps the mount, so its line is there, unless it was detached before.
      const entry = (await readMountTable()).find((line) => line.id === id);
      if (entry !== undefined && isAtOrBelow(real, entry.target)) {
        return { device: entry.device, root: path.join(entry.root, path.relative(entry.target, real)) };
      }
    } catch (error) {
      throw refused('E_HOST_FAILED', `looking at ${place}`, error, { path: place });
    } finally {
      await handle?.close();
    }
    throw new StowageError('E_HOST_FAILED', `${place} lies on a mount that is no longer in the mount table`);
  }

  async holders(thing: MountedThing, ownTarget: string | undefined): Promise<Holder[]> {
    try {
      return await findHolders(this.#holders, thing, ownTarget);
    } catch (error) {
      throw refused('E_HOST_FAILED', "reading the processes' mount tables", error, { thing });
    }
  }
}

/**
 * The mount on a path, if the path is a mount point: its mount is compared with its parent's. Both are only opened as
 * places and nothing is asked of the file system, which may be a network share whose server is gone.
 */
async function topmostMount(target: string): Promise<number | undefined> {
  if (target === '/') return mountIdAt(target, 'no-follow');
  try {
    const [own, around] = await Promise.all([
      mountIdAt(target, 'no-follow'),
      mountIdAt(path.dirname(target), 'follow'),
    ]);
    return own === around ? undefined : own;
  } catch (error) {
    if (isAbsent(error)) return undefined;
    throw error;
  }
}

/** True when the same file system is mounted elsewhere too, so that taking off this mount flushes nothing. */
async function isOneOfSeveral(id: number): Promise<boolean> {
  // One look, and no more of it than it takes: with a thousand mounts the table is what unmounting costs most.
  const lines = (await readFile('/proc/self/mountinfo', 'utf8')).split('\n');
  const own = `${id} `;
  const device = lines.find((line) => line.startsWith(own))?.split(' ', 3)[2];
  return (
    device !== undefined && lines.some((line) => !line.startsWith(own) && line.split(' ', 3)[2] === device)
  );
}

function refused(code: ErrorCode, doing: string, error: unknown, details: object): StowageError {
  if (error instanceof StowageError) return error;
  return new StowageError(code, `${doing} failed: ${reasonOf(error)}`, {
    ...remedyFor(error),
    details: { ...details, errno: errnoOf(error) },
    cause: error,
  });
}

import { randomUUID } from 'node:crypto';
import {
  closeSync,
  constants,
  fsyncSync,
  lstatSync,
  opendirSync,
  openSync,
  renameSync,
  rmdirSync,
  unlinkSync,
} from 'node:fs';
import path from 'node:path';
import { mountIdNow } from './mount-id.ts';
import { errnoOf, reasonOf, SystemCallError } from './system-call-error.ts';

/**
 * Removes a tree that a hostile program may be changing at the same time: every step starts at an open directory that
 * was proved to lie on the tree's own mount, so neither a swapped link nor a mount can lead the way out.
 * Runs in a worker thread, because every call blocks.
 */
export function removeTreeNow(target: string): void {
  const parent = path.dirname(target);
  let fd: number;
  try {
    fd = openSync(parent, constants.O_RDONLY | constants.O_DIRECTORY);
  } catch (error) {
    if (isAbsent(error)) return;
    throw error;
  }
  try {
    removeEntry({ mountId: mountIdNow(fd), root: undefined }, fd, path.basename(target), [parent]);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

interface Tree {
  /** The mount that every directory must lie on. */
  readonly mountId: number;
  /** Open top directory of the tree, to which what lies too deep is moved. */
  root: number | undefined;
}

/** Open directories on the way down; deeper ones are moved up first, so that no tree can use up our descriptors. */
const DEPTH = 100;
/** A pass over a directory may miss what is being added; so many mean that it never ends. */
const PASSES = 10_000;

function isAbsent(error: unknown): boolean {
  const errno = errnoOf(error);
  return errno === 'ENOENT' || errno === 'ENOTDIR';
}

function removeEntry(tree: Tree, directory: number, name: string, way: readonly string[]): void {
  const place = `/proc/self/fd/${directory}/${name}`;
  try {
    if (lstatSync(place).isDirectory()) removeDirectory(tree, directory, name, [...way, name]);
    else unlinkSync(place);
  } catch (error) {
    // ENOTDIR, ELOOP, EISDIR: swapped for something else since; the next pass sees what it is now.
    if (['ENOENT', 'ENOTDIR', 'ELOOP', 'EISDIR'].includes(errnoOf(error) ?? '')) return;
    throw error instanceof SystemCallError ? error : refusal(error, [...way, name]);
  }
}

function removeDirectory(tree: Tree, parent: number, name: string, way: readonly string[]): void {
  const place = `/proc/self/fd/${parent}/${name}`;
  if (way.length > DEPTH && tree.root !== undefined) {
    renameSync(place, `/proc/self/fd/${tree.root}/.removing-${randomUUID()}`);
    return;
  }
  const fd = openSync(place, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW);
  tree.root ??= fd;
  try {
    if (mountIdNow(fd) !== tree.mountId) {
      throw new SystemCallError('rmdir', 'EBUSY', `something is mounted on ${path.join(...way)}`);
    }
    emptyAndRemove(tree, fd, place, way);
  } finally {
    closeSync(fd);
  }
}

function emptyAndRemove(tree: Tree, fd: number, place: string, way: readonly string[]): void {
  for (let pass = 0; pass < PASSES; pass += 1) {
    removeEntries(tree, fd, way);
    try {
      rmdirSync(place);
      return;
    } catch (error) {
      if (errnoOf(error) !== 'ENOTEMPTY') throw error;
    }
  }
  throw new SystemCallError('rmdir', 'ENOTEMPTY', `something keeps writing into ${path.join(...way)}`);
}

/** One pass. */
function removeEntries(tree: Tree, fd: number, way: readonly string[]): void {
  const entries = opendirSync(`/proc/self/fd/${fd}`, { bufferSize: 256 });
  try {
    for (let entry = entries.readSync(); entry !== null; entry = entries.readSync()) {
      removeEntry(tree, fd, entry.name, way);
    }
  } finally {
    entries.closeSync();
  }
}

function refusal(error: unknown, way: readonly string[]): SystemCallError {
  const reason =
    errnoOf(error) === 'EPERM'
      ? 'operation not permitted, perhaps an immutable file (chattr -i)'
      : reasonOf(error);
  return new SystemCallError('unlink', errnoOf(error) ?? 'EIO', `${reason}: ${path.join(...way)}`);
}

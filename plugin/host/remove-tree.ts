import { randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import { type FileHandle, lstat, open, opendir, rename, rmdir, unlink } from 'node:fs/promises';
import path from 'node:path';
import { isAbsent } from './host-failure.ts';
import { mountIdOf } from './mount-id.ts';
import { errnoOf, reasonOf, SystemCallError } from './system-call-error.ts';

/**
 * Removes a tree that a hostile program may be changing at the same time: every step starts at an open directory that
 * was proved to lie on the tree's own mount, so neither a swapped link nor a mount can lead the way out.
 * By Node's own threads: a thread of ours would do large trees faster, but costs 16 MB for the small ones.
 */
export async function removeTree(target: string): Promise<void> {
  const parent = path.dirname(target);
  let handle: FileHandle;
  try {
    handle = await open(parent, constants.O_RDONLY | constants.O_DIRECTORY);
  } catch (error) {
    if (isAbsent(error)) return;
    throw error;
  }
  try {
    const tree = { mountId: mountIdOf(handle.fd), root: undefined };
    const found = await removeEntry(tree, handle.fd, path.basename(target), [parent]);
    if (found) await handle.sync();
  } finally {
    await handle.close();
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

/** False when it was gone, or swapped for something else; the next pass sees what it is then. */
async function removeEntry(
  tree: Tree,
  directory: number,
  name: string,
  way: readonly string[],
): Promise<boolean> {
  const place = `/proc/self/fd/${directory}/${name}`;
  try {
    if ((await lstat(place)).isDirectory()) await removeDirectory(tree, directory, name, [...way, name]);
    else await unlink(place);
    return true;
  } catch (error) {
    if (['ENOENT', 'ENOTDIR', 'ELOOP', 'EISDIR'].includes(errnoOf(error) ?? '')) return false;
    throw error instanceof SystemCallError ? error : refusal(error, [...way, name]);
  }
}

async function removeDirectory(
  tree: Tree,
  parent: number,
  name: string,
  way: readonly string[],
): Promise<void> {
  const place = `/proc/self/fd/${parent}/${name}`;
  if (way.length > DEPTH && tree.root !== undefined) {
    await rename(place, `/proc/self/fd/${tree.root}/.removing-${randomUUID()}`);
    return;
  }
  const handle = await open(place, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW);
  tree.root ??= handle.fd;
  try {
    if (mountIdOf(handle.fd) !== tree.mountId) {
      throw new SystemCallError('rmdir', 'EBUSY', `something is mounted on ${path.join(...way)}`);
    }
    await emptyAndRemove(tree, handle.fd, place, way);
  } finally {
    await handle.close();
  }
}

async function emptyAndRemove(tree: Tree, fd: number, place: string, way: readonly string[]): Promise<void> {
  for (let pass = 0; pass < PASSES; pass += 1) {
    await removeEntries(tree, fd, way);
    try {
      await rmdir(place);
      return;
    } catch (error) {
      if (errnoOf(error) !== 'ENOTEMPTY') throw error;
    }
  }
  throw new SystemCallError('rmdir', 'ENOTEMPTY', `something keeps writing into ${path.join(...way)}`);
}

/** One pass. */
async function removeEntries(tree: Tree, fd: number, way: readonly string[]): Promise<void> {
  for await (const entry of await opendir(`/proc/self/fd/${fd}`, { bufferSize: 256 })) {
    await removeEntry(tree, fd, entry.name, way);
  }
}

function refusal(error: unknown, way: readonly string[]): SystemCallError {
  const reason =
    errnoOf(error) === 'EPERM'
      ? 'operation not permitted, perhaps an immutable file (chattr -i)'
      : reasonOf(error);
  return new SystemCallError('unlink', errnoOf(error) ?? 'EIO', `${reason}: ${path.join(...way)}`);
}

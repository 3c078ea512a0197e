import { closeSync, constants, fchmodSync, fchownSync, fsync, mkdirSync, openSync, rmdirSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import type { Ownership } from '../core/ports/host.ts';
import { errnoOf } from './system-call-error.ts';
import { renameNoReplace } from './system-calls.ts';

// What only changes the kernel's memory takes microseconds, and asking another thread to do it ten times as long. What
// waits for the disk is left to other threads.

/** Waits until an open file or directory is on disk. */
export const syncDescriptor = promisify(fsync);

/** Makes the entries of a directory durable: names made, moved or removed in it survive a power cut. */
export async function syncDirectory(directory: string): Promise<void> {
  const fd = openSync(directory, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    await syncDescriptor(fd);
  } finally {
    closeSync(fd);
  }
}

/** The name under which something is made before it gets its own: always the same, so that a repeat clears it away. */
export function draftOf(target: string): string {
  return path.join(path.dirname(target), `.${path.basename(target)}.new`);
}

/** Makes a directory and its missing parents, for root only. Gives those that it made, outermost first. */
export function makeMissing(directory: string): string[] {
  try {
    mkdirSync(directory, 0o700);
    return [directory];
  } catch (error) {
    if (errnoOf(error) === 'EEXIST') return [];
    if (errnoOf(error) !== 'ENOENT') throw error;
    const parents = makeMissing(path.dirname(directory));
    return [...parents, ...makeMissing(directory)];
  }
}

/** The same, durable when it resolves. */
export async function makeParents(directory: string): Promise<void> {
  for (const made of makeMissing(directory)) await syncDirectory(path.dirname(made));
}

/**
 * Makes a directory that has its owner and mode before it has its name, so that nobody ever sees it otherwise, however
 * often we are killed in between. One that is there stays as it is.
 */
export async function makeOwnedDirectory(target: string, ownership: Ownership): Promise<void> {
  const draft = draftOf(target);
  removeDraft(draft);
  mkdirSync(draft, 0o700);
  const fd = openSync(draft, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW);
  try {
    fchownSync(fd, ownership.uid, ownership.gid);
    // After the owner, because a change of owner clears the set-id bits; past the umask.
    fchmodSync(fd, ownership.mode);
    giveName(draft, target);
    await Promise.all([syncDescriptor(fd), syncDirectory(path.dirname(target))]);
  } finally {
    closeSync(fd);
  }
}

function giveName(draft: string, target: string): void {
  try {
    renameNoReplace(draft, target);
  } catch (error) {
    removeDraft(draft);
    if (errnoOf(error) !== 'EEXIST') throw error;
  }
}

function removeDraft(draft: string): void {
  try {
    rmdirSync(draft);
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw error;
  }
}

import { constants } from 'node:fs';
import { mkdir, open, rmdir } from 'node:fs/promises';
import path from 'node:path';
import type { Ownership } from '../core/ports/host.ts';
import { errnoOf } from './system-call-error.ts';
import { renameNoReplace } from './system-calls.ts';

/** Makes the entries of a directory durable: names made, moved or removed in it survive a power cut. */
export async function syncDirectory(directory: string): Promise<void> {
  const handle = await open(directory, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** The name under which something is made before it gets its own: always the same, so that a repeat clears it away. */
export function draftOf(target: string): string {
  return path.join(path.dirname(target), `.${path.basename(target)}.new`);
}

/** Makes missing parents, for root only. */
export async function makeParents(directory: string): Promise<void> {
  try {
    await mkdir(directory, 0o700);
  } catch (error) {
    if (errnoOf(error) === 'EEXIST') return;
    if (errnoOf(error) !== 'ENOENT') throw error;
    await makeParents(path.dirname(directory));
    return makeParents(directory);
  }
  await syncDirectory(path.dirname(directory));
}

/**
 * Makes a directory that has its owner and mode before it has its name, so that nobody ever sees it otherwise, however
 * often we are killed in between. One that is there stays as it is.
 */
export async function makeOwnedDirectory(target: string, ownership: Ownership): Promise<void> {
  const draft = draftOf(target);
  await rmdir(draft).catch((error: unknown) => {
    if (errnoOf(error) !== 'ENOENT') throw error;
  });
  await mkdir(draft, 0o700);
  const handle = await open(draft, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW);
  try {
    await handle.chown(ownership.uid, ownership.gid);
    // After the owner, because a change of owner clears the set-id bits; past the umask.
    await handle.chmod(ownership.mode);
    await handle.sync();
  } finally {
    await handle.close();
  }
  try {
    renameNoReplace(draft, target);
  } catch (error) {
    await rmdir(draft);
    if (errnoOf(error) !== 'EEXIST') throw error;
  }
  await syncDirectory(path.dirname(target));
}

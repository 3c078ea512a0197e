import { constants } from 'node:fs';
import { lstat, open, readdir, readFile, readlink, rename, rmdir, unlink } from 'node:fs/promises';
import path from 'node:path';
import { StowageError } from '../core/errors.ts';
import type { FileTree, Ownership, PinnedDirectory } from '../core/ports/host.ts';
import type { CopyCommands } from './copy.ts';
import { draftOf, makeOwnedDirectory, makeParents, syncDirectory } from './durable.ts';
import { attempt, hostFailure, isAbsent } from './host-failure.ts';
import { O_PATH } from './mount-id.ts';
import { removeTree } from './remove-tree.ts';
import type { ScratchDirectories } from './scratch-directories.ts';
import { errnoOf, reasonOf } from './system-call-error.ts';
import { renameNoReplace } from './system-calls.ts';

/** Files and directories by way of Node, with what Node lacks. */
export class KernelFileTree implements FileTree {
  readonly #copies: CopyCommands;
  readonly #scratch: ScratchDirectories;

  constructor(copies: CopyCommands, scratch: ScratchDirectories) {
    this.#copies = copies;
    this.#scratch = scratch;
  }

  async exists(target: string): Promise<boolean> {
    try {
      await lstat(target);
      return true;
    } catch (error) {
      if (isAbsent(error)) return false;
      throw hostFailure(`looking at ${target}`, error);
    }
  }

  async list(target: string): Promise<string[]> {
    try {
      return await readdir(target);
    } catch (error) {
      if (isAbsent(error)) return [];
      throw hostFailure(`listing ${target}`, error);
    }
  }

  makeDirectory(target: string, ownership?: Ownership): Promise<void> {
    return attempt(`making the directory ${target}`, async () => {
      if (await isDirectory(target)) return;
      if (ownership === undefined) return makeParents(target);
      await makeParents(path.dirname(target));
      await makeOwnedDirectory(target, ownership);
    });
  }

  async removeEmptyDirectory(target: string): Promise<void> {
    try {
      await rmdir(target);
      await syncDirectory(path.dirname(target));
    } catch (error) {
      if (!isAbsent(error)) throw hostFailure(`removing the directory ${target}`, error);
    }
  }

  removeTree(target: string): Promise<void> {
    return attempt(`removing ${target}`, () => removeTree(target));
  }

  move(from: string, to: string): Promise<void> {
    return attempt(`moving ${from} to ${to}`, async () => {
      renameNoReplace(from, to);
      await syncDirectory(path.dirname(to));
      await syncDirectory(path.dirname(from));
    });
  }

  readText(target: string): Promise<string> {
    return attempt(`reading ${target}`, () => readFile(target, 'utf8'));
  }

  writeText(target: string, text: string): Promise<void> {
    return attempt(`writing ${target}`, async () => {
      const draft = draftOf(target);
      const handle = await open(draft, 'w', 0o600);
      try {
        await handle.writeFile(text);
        await handle.sync();
      } finally {
        await handle.close();
      }
      await rename(draft, target);
      await syncDirectory(path.dirname(target));
    });
  }

  async allocate(target: string, sizeBytes: number): Promise<void> {
    const made = !(await this.exists(target));
    try {
      const handle = await open(target, constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW, 0o600);
      try {
        if ((await handle.stat()).size < sizeBytes) await handle.truncate(sizeBytes);
        await handle.sync();
      } finally {
        await handle.close();
      }
      await syncDirectory(path.dirname(target));
    } catch (error) {
      if (made) await unlink(target).catch(() => undefined);
      throw hostFailure(`giving ${target} a size of ${sizeBytes} bytes`, error);
    }
  }

  copyTree(from: string, to: string): Promise<void> {
    return this.#copies.tree(from, to);
  }

  copyFile(from: string, to: string): Promise<void> {
    return this.#copies.file(from, to);
  }

  diskUsage(target: string): Promise<number> {
    return this.#copies.diskUsage(target);
  }

  mustAnswer(target: string): Promise<void> {
    return this.#copies.mustAnswer(target);
  }

  sizeOf(target: string): Promise<number> {
    return attempt(`looking at ${target}`, async () => (await lstat(target)).size);
  }

  async pinDirectory(target: string): Promise<PinnedDirectory> {
    try {
      const handle = await open(target, O_PATH | constants.O_DIRECTORY);
      // By our number rather than "self", so that commands which we start can follow it too.
      const pinned = `/proc/${process.pid}/fd/${handle.fd}`;
      return { path: pinned, realPath: await readlink(pinned), release: () => handle.close() };
    } catch (error) {
      const absent = errnoOf(error) === 'ENOENT';
      const reason = absent ? 'it does not exist' : reasonOf(error);
      throw new StowageError('E_INVALID_OPTION', `${target} is not a directory that can be used: ${reason}`, {
        remedy: 'Make the directory on the host first, or name another one.',
        cause: error,
      });
    }
  }

  makeScratchDirectory(): Promise<string> {
    return attempt('making a passing directory', () => this.#scratch.make());
  }
}

async function isDirectory(target: string): Promise<boolean> {
  try {
    if ((await lstat(target)).isDirectory()) return true;
  } catch (error) {
    if (isAbsent(error)) return false;
    throw error;
  }
  throw new StowageError('E_HOST_FAILED', `${target} is in the way: it is not a directory`);
}

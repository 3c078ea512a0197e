import {
  closeSync,
  constants,
  lstatSync,
  openSync,
  readFileSync,
  renameSync,
  rmdirSync,
  writeFileSync,
} from 'node:fs';
import { lstat, open, readdir, readlink, unlink } from 'node:fs/promises';
import path from 'node:path';
import { StowageError } from '../core/errors.ts';
import type { FileTree, Ownership, PinnedDirectory } from '../core/ports/host.ts';
import type { CopyCommands } from './copy.ts';
import {
  draftOf,
  makeMissing,
  makeOwnedDirectory,
  makeParents,
  syncDescriptor,
  syncDirectory,
} from './durable.ts';
import { attempt, hostFailure, isAbsent } from './host-failure.ts';
import { O_PATH } from './mount-id.ts';
import { removeTree } from './remove-tree.ts';
import type { ScratchDirectories } from './scratch-directories.ts';
import { errnoOf, reasonOf } from './system-call-error.ts';
import { renameNoReplace } from './system-calls.ts';

/** Files and directories by way of Node, with what Node lacks. `durable.ts` says what is left to other threads. */
export class KernelFileTree implements FileTree {
  readonly #copies: CopyCommands;
  readonly #scratch: ScratchDirectories;

  constructor(copies: CopyCommands, scratch: ScratchDirectories) {
    this.#copies = copies;
    this.#scratch = scratch;
  }

  async exists(target: string): Promise<boolean> {
    try {
      lstatSync(target);
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
      if (isDirectory(target)) return;
      if (ownership === undefined) return makeParents(target);
      await makeParents(path.dirname(target));
      await makeOwnedDirectory(target, ownership);
    });
  }

  makePassingDirectory(target: string): Promise<void> {
    return attempt(`making the directory ${target}`, async () => {
      if (!isDirectory(target)) makeMissing(target);
    });
  }

  async removeEmptyDirectory(target: string): Promise<void> {
    try {
      rmdirSync(target);
    } catch (error) {
      if (!isAbsent(error)) throw hostFailure(`removing the directory ${target}`, error);
    }
  }

  removeTree(target: string): Promise<void> {
    return attempt(`removing ${target}`, async () => {
      if (await this.exists(target)) await removeTree(target);
    });
  }

  move(from: string, to: string): Promise<void> {
    return attempt(`moving ${from} to ${to}`, async () => {
      renameNoReplace(from, to);
      await Promise.all([syncDirectory(path.dirname(to)), syncDirectory(path.dirname(from))]);
    });
  }

  readText(target: string): Promise<string> {
    return attempt(`reading ${target}`, async () => readFileSync(target, 'utf8'));
  }

  writeText(target: string, text: string): Promise<void> {
    return attempt(`writing ${target}`, async () => {
      const draft = draftOf(target);
      const fd = openSync(draft, 'w', 0o600);
      try {
        writeFileSync(fd, text);
        await syncDescriptor(fd);
      } finally {
        closeSync(fd);
      }
      renameSync(draft, target);
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

function isDirectory(target: string): boolean {
  try {
    if (lstatSync(target).isDirectory()) return true;
  } catch (error) {
    if (isAbsent(error)) return false;
    throw error;
  }
  throw new StowageError('E_HOST_FAILED', `${target} is in the way: it is not a directory`);
}

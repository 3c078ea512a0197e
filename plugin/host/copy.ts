import { constants } from 'node:fs';
import { lstat, open, readdir, unlink } from 'node:fs/promises';
import path from 'node:path';
import { StowageError } from '../core/errors.ts';
import { syncDirectory } from './durable.ts';
import { attempt, isAbsent } from './host-failure.ts';
import type { LinkFreeView } from './link-free-view.ts';
import type { RunCommand } from './run-command.ts';
import type { BlockingCalls } from './syscall-pool.ts';

/** A copy may take as long as it takes; this only ends one that hangs. */
const COPY_DEADLINE = 24 * 3600 * 1000;
/** A file system that has not answered by then is taken for dead. */
const ANSWER_DEADLINE = 5_000;
const USAGE_DEADLINE = 30 * 60 * 1000;
/** How cp says that the disk is full, with LC_ALL=C. */
const FULL = /No space left on device|Disk quota exceeded|File too large/;

/** What is done by coreutils: they know every kind of file, attribute, hole and reflink. */
export class CopyCommands {
  readonly #run: RunCommand;
  readonly #calls: BlockingCalls;
  readonly #view: LinkFreeView;

  constructor(run: RunCommand, calls: BlockingCalls, view: LinkFreeView) {
    this.#run = run;
    this.#calls = calls;
    this.#view = view;
  }

  /** As `FileTree.copyTree`. `to` is absent or an empty directory. */
  async tree(from: string, to: string): Promise<void> {
    await refusePresent(to);
    await this.#view.show({ from, to }, async (seen) => {
      // "/." copies what is in the directory and gives the copy the directory's own owner, mode and attributes.
      const source = path.join(seen.from, '/') + '.';
      await this.#copy(['-a', '--reflink=auto', '--one-file-system', '--', source, seen.to], from, to);
    });
    await attempt(`writing ${to} to disk`, async () => {
      const handle = await open(to, constants.O_RDONLY | constants.O_DIRECTORY);
      try {
        await this.#calls.run('syncfs', handle.fd);
      } finally {
        await handle.close();
      }
    });
  }

  /** As `FileTree.copyFile`. `to` is absent. */
  async file(from: string, to: string): Promise<void> {
    await refusePresent(to);
    const keep = '--preserve=mode,ownership,timestamps';
    try {
      await this.#copy(['--reflink=auto', '--sparse=auto', keep, '--', from, to], from, to);
    } catch (error) {
      await unlink(to).catch(() => undefined);
      throw error;
    }
    await attempt(`writing ${to} to disk`, async () => {
      const handle = await open(to, constants.O_RDONLY | constants.O_NOFOLLOW);
      try {
        await handle.sync();
      } finally {
        await handle.close();
      }
      await syncDirectory(path.dirname(to));
    });
  }

  /** As `FileTree.diskUsage`. A child process, because a tree may have millions of files. */
  async diskUsage(target: string): Promise<number> {
    // -D: a pinned directory is a link. 1: something vanished while it was counted; the sum is there all the same.
    const parameters = ['-s', '-D', '-x', '-B1', '--', target];
    const { stdout, stderr } = await this.#run('du', parameters, {
      deadline: USAGE_DEADLINE,
      accept: [0, 1],
    });
    const bytes = /^(\d+)\t/.exec(stdout)?.[1];
    if (bytes !== undefined) return Number(bytes);
    throw new StowageError('E_HOST_FAILED', `the space that ${target} takes cannot be told`, {
      details: { stderr },
    });
  }

  /** A child process waits in our place: our own few threads must not be what hangs. */
  async mustAnswer(target: string): Promise<void> {
    try {
      await this.#run('stat', ['-L', '--format=%F', '--', target], {
        deadline: ANSWER_DEADLINE,
        accept: [0, 1],
      });
    } catch (cause) {
      throw new StowageError('E_HOST_FAILED', `the file system of ${target} does not answer`, {
        remedy: 'See whether the server or the disk behind it works, then repeat.',
        cause,
      });
    }
  }

  async #copy(parameters: string[], from: string, to: string): Promise<void> {
    try {
      await this.#run('cp', parameters, { deadline: COPY_DEADLINE });
    } catch (error) {
      const words = error instanceof StowageError ? String(error.details['stderr']) : '';
      if (!FULL.test(words)) throw error;
      throw new StowageError('E_NO_SPACE', `there is no space to copy ${from} to ${to}`, { cause: error });
    }
  }
}

async function refusePresent(target: string): Promise<void> {
  await attempt(`copying to ${target}`, async () => {
    try {
      if ((await lstat(target)).isDirectory() && (await readdir(target)).length === 0) return;
    } catch (error) {
      if (isAbsent(error)) return;
      throw error;
    }
    throw new StowageError('E_HOST_FAILED', `copying to ${target} would replace what is there`);
  });
}

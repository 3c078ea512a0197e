import { existsSync } from 'node:fs';
import { open, rm, statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import { StowageError } from '../core/errors.ts';
import type { DiskContent, FileSystemFacts, FileSystems, FileSystemType } from '../core/ports/host.ts';
import { readSuperblock } from './device-reading.ts';
import { DirectDevice } from './direct-device.ts';
import { contentInWords, examineDevice } from './disk-content.ts';
import { syncDirectory } from './durable.ts';
import { growMounted, mayGrowMountedExt4 } from './grow.ts';
import { attempt, hostFailure } from './host-failure.ts';
import { renewIdentity } from './renew.ts';
import { type CommandResult, lastWords, type RunCommand } from './run-command.ts';
import type { BlockingCalls } from './syscall-pool.ts';
import { bringSuperblockBack, forgetSuperblock, keepSuperblock } from './superblock-copy.ts';
import { errnoOf } from './system-call-error.ts';

const MINUTE = 60_000;
const FORMAT_DEADLINE = 10 * MINUTE;
/** Large file systems take hours; whoever waits for it has a shorter deadline of his own. */
const CHECK_DEADLINE = 12 * 60 * MINUTE;

/** The tools' options; what the caller adds comes after and so overrules. */
const FORMAT: Readonly<Record<FileSystemType, readonly string[]>> = {
  // No share kept for root: the volume's size is the user's. The kernel fills the tables of a new file system later.
  ext4: ['-q', '-m', '0', '-E', 'lazy_itable_init=1,lazy_journal_init=1,nodiscard'],
  xfs: ['-q', '-K'],
  btrfs: ['-q', '-K'],
};
/** Exit codes of e2fsck are a sum of these. */
const E2FSCK = {
  corrected: 1,
  correctedRestart: 2,
  left: 4,
  all: Array.from({ length: 16 }, (_, code) => code),
};

/** File systems by their own tools and by the kernel. */
export class KernelFileSystems implements FileSystems {
  readonly #run: RunCommand;
  readonly #calls: BlockingCalls;

  constructor(run: RunCommand, calls: BlockingCalls) {
    this.#run = run;
    this.#calls = calls;
  }

  examine(path: string): Promise<DiskContent> {
    return attempt(`reading ${path}`, () =>
      DirectDevice.use(path, (device) => examineDevice(this.#run, device)),
    );
  }

  async format(path: string, type: FileSystemType, options: readonly string[]): Promise<void> {
    await attempt(`reading ${path}`, () =>
      // Held until it is formatted, so that the numbers of what was looked at cannot come to mean another disk.
      DirectDevice.use(path, async (device) => {
        // Without a terminal mkfs.ext4 does not ask before it overwrites; so it is asked here.
        const content = await examineDevice(this.#run, device);
        if (content.kind !== 'blank') throw notBlank(path, content);
        await device.mustStillBeThere();
        await this.#run(`mkfs.${type}`, [...FORMAT[type], ...options, path], { deadline: FORMAT_DEADLINE });
      }),
    );
  }

  probe(path: string): Promise<FileSystemFacts | undefined> {
    return attempt(`reading ${path}`, async () => {
      const found = await readSuperblock(path);
      return found && { type: found.type, sizeBytes: found.sizeBytes, clean: found.clean };
    });
  }

  async check(path: string, type: FileSystemType): Promise<void> {
    // The others repair themselves when they are mounted; their tools for more are not safe unattended.
    if (type !== 'ext4') return;
    await this.#checkExt4(['-p', path], path);
  }

  async #checkExt4(parameters: readonly string[], path: string): Promise<void> {
    await keepSuperblock(path);
    const result = await this.#run('e2fsck', parameters, { deadline: CHECK_DEADLINE, accept: E2FSCK.all });
    await forgetSuperblock(path);
    if (result.exitCode <= (E2FSCK.corrected | E2FSCK.correctedRestart)) return;
    const unreadable = /superblock|bad magic/i.test(lastWords(result));
    if ((result.exitCode & E2FSCK.left) !== 0 || unreadable || (await this.probe(path)) === undefined)
      throw damaged(path, result);
    throw new StowageError('E_HOST_FAILED', `e2fsck failed: ${lastWords(result)}`, {
      details: { exitCode: result.exitCode, stderr: result.stderr },
    });
  }

  async grow(device: string, target: string | undefined, type: FileSystemType): Promise<void> {
    try {
      if (target !== undefined) await growMounted(this.#calls, device, target, type);
      else if (type === 'ext4' && !(await mayGrowMountedExt4())) await this.#growUnmounted(device);
    } catch (error) {
      if (errnoOf(error) !== 'EPERM')
        throw hostFailure(`growing the ${type} file system on ${device}`, error);
      throw new StowageError(
        'E_HOST_FAILED',
        `growing the ${type} file system failed: the kernel does not permit it`,
        {
          remedy:
            'Stop the containers that use it: it grows at the next mount. To grow in use, give Stowage CAP_SYS_RESOURCE.',
          cause: error,
        },
      );
    }
  }

  /**
   * Only where there is no other way: the kernel's own growing is journaled, this is not, and killed in between leaves
   * what no check repairs by itself. So what it overwrites is kept beside the image until all is written.
   */
  async #growUnmounted(path: string): Promise<void> {
    await this.takeBackGrowing(path);
    await this.#checkExt4(['-f', '-p', path], path);
    await keepSuperblock(path);
    await this.#run('resize2fs', ['-z', undoFileOf(path), path], { deadline: CHECK_DEADLINE });
    await syncFile(path);
    // In this order: a superblock of before must not outlive what takes back the rest.
    await forgetSuperblock(path);
    await forgetUndo(path);
  }

  async takeBackGrowing(image: string): Promise<void> {
    const undoFile = undoFileOf(image);
    const wasWriting = await bringSuperblockBack(image);
    if (!existsSync(undoFile)) {
      // A check was killed: what it had begun it has to finish.
      if (wasWriting) await this.#checkExt4(['-f', '-p', image], image);
      return;
    }
    // Forced, since it would hold the superblock, which may be torn, against the record's; the record is this image's own.
    // It ends with a failure because its record ends early, as it must: the check afterwards is what counts.
    await this.#run('e2undo', ['-f', undoFile, image], { deadline: CHECK_DEADLINE, accept: E2FSCK.all });
    await this.#checkExt4(['-f', '-p', image], image);
    await syncFile(image);
    await forgetUndo(image);
  }

  async renew(path: string, type: FileSystemType): Promise<void> {
    await renewIdentity(this.#run, path, type, () => this.#checkExt4(['-f', '-p', path], path));
  }

  space(path: string): Promise<{ readonly usedBytes: number; readonly sizeBytes: number }> {
    return attempt(`asking for the space of ${path}`, async () => {
      const { blocks, bfree, bsize } = await statfs(path, { bigint: true });
      return { usedBytes: Number((blocks - bfree) * bsize), sizeBytes: Number(blocks * bsize) };
    });
  }
}

function notBlank(path: string, content: DiskContent): StowageError {
  return new StowageError(
    'E_HOST_FAILED',
    `${path} is not blank, and what holds data is never formatted; seen: ${contentInWords(content)}`,
    { remedy: 'Look at what is on it; if nothing of it is needed, remove the volume and create it anew.' },
  );
}

function undoFileOf(image: string): string {
  return `${image}.undo`;
}

async function forgetUndo(image: string): Promise<void> {
  await rm(undoFileOf(image), { force: true });
  await syncDirectory(dirname(image));
}

async function syncFile(file: string): Promise<void> {
  const handle = await open(file, 'r+');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function damaged(path: string, result: CommandResult): StowageError {
  return new StowageError(
    'E_FILESYSTEM_DAMAGED',
    `the file system on ${path} is damaged: ${lastWords(result)}`,
    {
      details: { exitCode: result.exitCode, stderr: result.stderr },
    },
  );
}

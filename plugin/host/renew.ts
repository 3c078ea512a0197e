import { StowageError } from '../core/errors.ts';
import type { FileSystemType } from '../core/ports/host.ts';
import { readSuperblock } from './device-reading.ts';
import { attempt } from './host-failure.ts';
import { lastWords, type RunCommand } from './run-command.ts';

const DEADLINE = 600_000;

/**
 * Gives a copy of a file system a UUID of its own. xfs refuses to mount two of the same, and btrfs takes them for one.
 * `check` makes ext4 fit for it.
 */
export async function renewIdentity(
  run: RunCommand,
  path: string,
  type: FileSystemType,
  check: () => Promise<void>,
): Promise<void> {
  if (type === 'ext4') return renewExt4(run, path, check);
  return type === 'xfs' ? renewXfs(run, path) : renewBtrfs(run, path);
}

async function renewExt4(run: RunCommand, path: string, check: () => Promise<void>): Promise<void> {
  const parameters = ['-U', 'random', path];
  // 1: wants to be checked first, as a copy that was made while the original was mounted.
  const first = await run('tune2fs', parameters, { deadline: DEADLINE, accept: [0, 1] });
  if (first.exitCode === 0) return;
  await check();
  await run('tune2fs', parameters, { deadline: DEADLINE });
}

async function renewXfs(run: RunCommand, path: string): Promise<void> {
  // What xfs_admin does; that one is a shell script, which would outlive its own end.
  const parameters = ['-x', '-p', 'xfs_admin', '-c', 'uuid generate', path];
  const result = await run('xfs_db', parameters, { deadline: DEADLINE });
  // It ends with 0 whatever happens.
  if (/^new UUID = /m.test(result.stdout)) return;
  const words = result.stdout + result.stderr;
  if (/log which needs to/.test(words)) throw replayFirst(path, 'xfs');
  throw new StowageError('E_HOST_FAILED', `xfs_db failed: ${lastWords(result)}`, {
    details: { stderr: result.stderr },
  });
}

async function renewBtrfs(run: RunCommand, path: string): Promise<void> {
  const superblock = await attempt(`reading ${path}`, () => readSuperblock(path));
  // btrfstune would make the log unreadable, and with it the file system.
  if (superblock?.logPending === true) throw replayFirst(path, 'btrfs');
  await run('btrfstune', ['-m', path], { deadline: DEADLINE });
}

function replayFirst(path: string, type: FileSystemType): StowageError {
  return new StowageError(
    'E_HOST_FAILED',
    `the ${type} file system on ${path} has a log that was not replayed yet`,
    {
      remedy: 'Use the source volume in a container once, stop that, then repeat.',
      details: { path },
    },
  );
}

import { type ErrorCode, StowageError } from '../core/errors.ts';
import { errnoOf, reasonOf } from './system-call-error.ts';

const FULL: readonly (string | undefined)[] = ['ENOSPC', 'EDQUOT', 'EFBIG'];

/** Where the kernel's answer itself tells what to do. */
const REMEDIES: Readonly<Record<string, string>> = {
  EROFS: 'Make the file system writable (the log of the kernel says why it is not), then repeat.',
  EMFILE:
    'Too many files are open in Stowage at once; raise the limit (LimitNOFILE), or repeat when there is less to do.',
  ENFILE: 'Too many files are open on this host; raise fs.file-max, or repeat when there is less to do.',
  EIO: 'The disk does not read or write: see the log of the kernel, and repeat when it works again.',
};

/** The remedy that the kernel's answer calls for; nothing where the error's code says enough. */
export function remedyFor(error: unknown): { remedy?: string } {
  const remedy = REMEDIES[errnoOf(error) ?? ''];
  return remedy === undefined ? {} : { remedy };
}

/** What to say when the kernel refused `doing`: no space has a code of its own. What is one of our errors stays it. */
export function hostFailure(doing: string, error: unknown, code: ErrorCode = 'E_HOST_FAILED'): StowageError {
  if (error instanceof StowageError) return error;
  const errno = errnoOf(error);
  const full = FULL.includes(errno);
  return new StowageError(full ? 'E_NO_SPACE' : code, `${doing} failed: ${reasonOf(error)}`, {
    ...remedyFor(error),
    details: { errno },
    cause: error,
  });
}

/** Runs a step and translates what the kernel has against it. */
export async function attempt<Result>(doing: string, step: () => Promise<Result>): Promise<Result> {
  try {
    return await step();
  } catch (error) {
    throw hostFailure(doing, error);
  }
}

/** True when the step failed because there is nothing at the path. */
export function isAbsent(error: unknown): boolean {
  const errno = errnoOf(error);
  return errno === 'ENOENT' || errno === 'ENOTDIR';
}

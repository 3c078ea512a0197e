import { type ErrorCode, StowageError } from '../core/errors.ts';
import { errnoOf, reasonOf } from './system-call-error.ts';

const FULL: readonly (string | undefined)[] = ['ENOSPC', 'EDQUOT', 'EFBIG'];

/** What to say when the kernel refused `doing`: no space has a code of its own. What is one of our errors stays it. */
export function hostFailure(doing: string, error: unknown, code: ErrorCode = 'E_HOST_FAILED'): StowageError {
  if (error instanceof StowageError) return error;
  const errno = errnoOf(error);
  const full = FULL.includes(errno);
  return new StowageError(full ? 'E_NO_SPACE' : code, `${doing} failed: ${reasonOf(error)}`, {
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

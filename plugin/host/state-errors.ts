import { StowageError } from '../core/errors.ts';
import { errnoOf, reasonOf } from './system-call-error.ts';

/** SQLite's primary result codes that mean something of their own to us. */
const RESULT = {
  BUSY: 5,
  LOCKED: 6,
  READONLY: 8,
  IOERR: 10,
  CORRUPT: 11,
  FULL: 13,
  CANTOPEN: 14,
  NOTADB: 26,
};

/** SQLITE_IOERR_SHMSIZE: the index of the log, which a look without writing needs, finds no space. */
const NO_SPACE_FOR_INDEX = 4874;

function resultOf(error: unknown): number | undefined {
  if (!(error instanceof Error) || !('errcode' in error) || typeof error.errcode !== 'number')
    return undefined;
  if (error.errcode === NO_SPACE_FOR_INDEX) return RESULT.FULL;
  // The low byte is the primary code, the rest says more.
  return error.errcode & 0xff;
}

/** True when the file is no database, or no longer a whole one. */
export function isDamage(error: unknown): boolean {
  const result = resultOf(error);
  return result === RESULT.CORRUPT || result === RESULT.NOTADB;
}

/** True when the disk has no room left. */
export function isFull(error: unknown): boolean {
  const cause = error instanceof StowageError ? error.cause : error;
  return resultOf(cause) === RESULT.FULL || errnoOf(cause) === 'ENOSPC';
}

/** Says in words why the state cannot be used, and what to do. */
export function stateUnavailable(file: string, error: unknown): StowageError {
  if (error instanceof StowageError) return error;
  const [why, remedy] = explain(file, error);
  return new StowageError('E_STATE_UNAVAILABLE', `the state in ${file} cannot be used: ${why}`, {
    remedy,
    details: { file },
    cause: error,
  });
}

function explain(file: string, error: unknown): [why: string, remedy: string] {
  if (errnoOf(error) === 'ENOSPC') return ['the disk is full', 'Free space below STOWAGE_DATA, then repeat.'];
  switch (resultOf(error)) {
    case RESULT.BUSY:
    case RESULT.LOCKED:
      return ['another process uses it', 'Stop the other Stowage, or give this one its own STOWAGE_DATA.'];
    case RESULT.READONLY:
      return ['it may only be read', 'Make STOWAGE_DATA writable, then repeat.'];
    case RESULT.FULL:
      return ['the disk is full', 'Free space below STOWAGE_DATA, then repeat.'];
    case RESULT.IOERR:
      return [
        'the disk does not read or write',
        "See the kernel's log for disk errors; repeat when it works again.",
      ];
    case RESULT.CORRUPT:
    case RESULT.NOTADB:
      return ['it is damaged', 'Restart Stowage: it sets the damaged file aside and starts anew.'];
    case RESULT.CANTOPEN:
      return ['it cannot be opened', `Check that ${file} can be read and written.`];
    default:
      return [reasonOf(error), 'Check that STOWAGE_DATA is a directory that can be written, then repeat.'];
  }
}

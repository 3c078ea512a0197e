import { getSystemErrorMessage, getSystemErrorName } from 'node:util';

/** Answers that mounting and file systems give and that Node has no name or words for. */
const ALSO_KNOWN: Readonly<Record<number, readonly [name: string, words: string]>> = {
  15: ['ENOTBLK', 'block device required'],
  37: ['ENOLCK', 'no locks available'],
  74: ['EBADMSG', 'a checksum is wrong'],
  116: ['ESTALE', 'stale file handle'],
  117: ['EUCLEAN', 'the file system needs cleaning'],
  122: ['EDQUOT', 'disk quota exceeded'],
};

/** A system call that the kernel refused. */
export class SystemCallError extends Error {
  override readonly name = 'SystemCallError';
  /** The call, e.g. `mount`. */
  readonly call: string;
  /** The kernel's answer by name, e.g. `EBUSY`. */
  readonly errno: string;

  constructor(call: string, errno: string, reason: string) {
    super(`${call}: ${reason}`);
    this.call = call;
    this.errno = errno;
  }

  /** From the positive number that the C library keeps. */
  static fromErrno(call: string, number: number): SystemCallError {
    const [name, words] = ALSO_KNOWN[number] ?? [getSystemErrorName(-number), getSystemErrorMessage(-number)];
    return new SystemCallError(call, name, words);
  }
}

/** The kernel's answer by name, from our own calls as well as from those that Node makes; undefined for anything else. */
export function errnoOf(thrown: unknown): string | undefined {
  if (thrown instanceof SystemCallError) return thrown.errno;
  if (thrown instanceof Error && 'code' in thrown && typeof thrown.code === 'string') return thrown.code;
  return undefined;
}

/** The kernel's answer in words, for a sentence that already says what was tried. */
export function reasonOf(thrown: unknown): string {
  if (thrown instanceof SystemCallError) return thrown.message.slice(thrown.call.length + 2);
  if (thrown instanceof Error && 'errno' in thrown && typeof thrown.errno === 'number' && thrown.errno < 0) {
    return ALSO_KNOWN[-thrown.errno]?.[1] ?? getSystemErrorMessage(thrown.errno);
  }
  return thrown instanceof Error ? thrown.message : String(thrown);
}

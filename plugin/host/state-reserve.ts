import { closeSync, fstatSync, fsyncSync, openSync, unlinkSync, writeSync } from 'node:fs';

/** Room for the log of several hundred changes, twice what is between two checkpoints. */
const LOG_BYTES = 512 * 1024;
const RESERVE_BYTES = 1024 * 1024;

/**
 * Space that is kept for a full disk. Without it nothing could be unmounted or removed there, and removing is the way
 * out. The write-ahead log is made long beforehand, so that writing into it takes no block; and a file lies beside
 * the database that is given up when even that does not suffice, as after a restart.
 */
export class StateReserve {
  readonly #log: string;
  readonly #file: string;
  #held = false;

  /** @param database the database's file */
  constructor(database: string) {
    this.#log = `${database}-wal`;
    this.#file = `${database}-reserve`;
  }

  /** Takes the space unless it is taken. A disk that has none is no failure: the next time may find some. */
  fill(): void {
    if (this.#held) return;
    try {
      // SQLite stops reading its log at the first frame that does not belong to it, and zeros never do.
      extend(this.#log, LOG_BYTES);
      extend(this.#file, RESERVE_BYTES);
      this.#held = true;
    } catch {
      this.release();
    }
  }

  /** Gives the file up. False when there is none. */
  release(): boolean {
    this.#held = false;
    try {
      unlinkSync(this.#file);
      return true;
    } catch {
      return false;
    }
  }
}

/** Makes a file that large, with blocks of its own rather than a hole. */
function extend(file: string, bytes: number): void {
  const fd = openSync(file, 'a', 0o600);
  try {
    const missing = bytes - fstatSync(fd).size;
    if (missing <= 0) return;
    const zeros = Buffer.alloc(missing);
    for (let done = 0; done < missing;) done += writeSync(fd, zeros, done);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

import { StowageError } from '../../../plugin/core/errors.ts';
import type { Clock, Log } from '../../../plugin/core/ports/host.ts';
import type { CloudDisk } from './cloud.ts';
import type { DiskDirectory } from './disk-directory.ts';
import { pause } from './pause.ts';

/** The first look comes soon, the later ones are the further apart the longer it takes. */
const POLL = { firstMs: 250, factor: 1.25, longestMs: 4_000 };

/** What is waited for. */
export interface DiskWish<Result> {
  readonly id: string;
  /** For the error when the time is over: `to be attached`. */
  readonly what: string;
  readonly limitMs: number;
  /** Undefined while it has not come true. Throws when it never will. */
  judge(disk: CloudDisk | undefined): Result | undefined;
}

/**
 * Waits for what a cloud does by itself. Nothing tells of it, so it is asked. All waiters look to the same beat, so that one
 * describe serves them all; each process has a beat of its own, so that the nodes of a cluster do not ask all at once.
 */
export class DiskWaiter {
  readonly #directory: DiskDirectory;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #offset = Math.random() * POLL.firstMs;

  constructor(directory: DiskDirectory, clock: Clock, log: Log) {
    this.#directory = directory;
    this.#clock = clock;
    this.#log = log;
  }

  /**
   * What `judge` says when it says something. E_CLOUD_FAILED when the time is over; an outage of the cloud does not count,
   * for what was begun goes on behind it.
   */
  async until<Result>(wish: DiskWish<Result>): Promise<Result> {
    const result = await this.within(wish);
    if (result !== undefined) return result;
    throw new StowageError(
      'E_CLOUD_FAILED',
      `disk ${wish.id} did not come ${wish.what} within ${String(Math.round(wish.limitMs / 1000))} s`,
      { remedy: 'See in the cloud what keeps it, then repeat.' },
    );
  }

  /** The same, but undefined when the time is over. */
  async within<Result>(wish: Omit<DiskWish<Result>, 'what'>): Promise<Result | undefined> {
    let waited = 0;
    for (
      let next = POLL.firstMs;
      waited < wish.limitMs;
      next = Math.min(next * POLL.factor, POLL.longestMs)
    ) {
      const length = this.#untilBeat(next);
      await pause(this.#clock, length);
      const look = await this.#look(wish.id);
      if (!look.answered) continue;
      waited += length;
      const result = wish.judge(look.disk);
      if (result !== undefined) return result;
    }
    return undefined;
  }

  /** Milliseconds to the beat that is about `interval` away. Long intervals fall on beats that short ones have too. */
  #untilBeat(interval: number): number {
    const beat = POLL.firstMs * 2 ** Math.floor(Math.log2(interval / POLL.firstMs));
    const now = this.#clock.now() - this.#offset;
    const due = Math.ceil((now + interval - beat / 2) / beat) * beat;
    return due - now;
  }

  async #look(id: string): Promise<{ answered: boolean; disk: CloudDisk | undefined }> {
    try {
      return { answered: true, disk: await this.#directory.describe(id) };
    } catch (thrown) {
      if (!(thrown instanceof StowageError) || thrown.code !== 'E_CLOUD_UNAVAILABLE') throw thrown;
      this.#log.warn({ err: thrown, disk: id }, 'the cloud does not answer; waiting for it');
      return { answered: false, disk: undefined };
    }
  }
}

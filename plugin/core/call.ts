import { StowageError } from './errors.ts';
import type { Clock } from './ports/host.ts';

/**
 * One request of an engine, and whether anybody still waits for its answer. The engine gives up by itself (protocol.md,
 * section 1, "Timeouts"), sends nothing to undo what it gave up on, and repeats or forgets. So work that is under way
 * goes on, the caller is told before its deadline, and nothing is counted in favour of a caller that has gone.
 */
export class Call {
  readonly #clock: Clock;
  readonly #patience: number;
  readonly #deadline: number;
  readonly #hangUp = Promise.withResolvers<never>();
  #abandoned = false;

  /** @param patience milliseconds until the caller must have an answer */
  constructor(clock: Clock, patience: number) {
    this.#clock = clock;
    this.#patience = patience;
    this.#deadline = clock.now() + patience;
    this.#hangUp.promise.catch(() => undefined);
  }

  /** True once nobody waits for the answer any more. */
  get abandoned(): boolean {
    return this.#abandoned;
  }

  /** The client closed the connection. */
  hangUp(): void {
    this.#abandoned = true;
    this.#hangUp.reject(new StowageError('E_OPERATION_PENDING', 'the caller has gone'));
  }

  /** Waits for the work no longer than the caller does. E_OPERATION_PENDING when time is up; the work goes on. */
  async wait<Result>(work: Promise<Result>, whatGoesOn: () => string): Promise<Result> {
    const timeUp = Promise.withResolvers<never>();
    // A clock that was set back meanwhile must not make anybody wait longer.
    const left = Math.min(this.#patience, Math.max(0, this.#deadline - this.#clock.now()));
    const cancel = this.#clock.after(left, () => {
      this.#abandoned = true;
      timeUp.reject(new StowageError('E_OPERATION_PENDING', whatGoesOn()));
    });
    try {
      return await Promise.race([work, timeUp.promise, this.#hangUp.promise]);
    } finally {
      cancel();
    }
  }
}

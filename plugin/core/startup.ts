import type { Call } from './call.ts';
import { toStowageError } from './errors.ts';
import type { Clock, Log } from './ports/host.ts';
import type { Recovery } from './recovery.ts';

/** A failed start is not tried again sooner than this, however many calls ask. */
const RETRY_AFTER_MS = 1_000;

/** One attempt to start: what readers wait for and what writers wait for. */
interface Attempt {
  readonly begunAt: number;
  readonly loaded: Promise<void>;
  readonly recovered: Promise<void>;
  state: 'loading' | 'loaded' | 'recovered' | 'failed';
}

/**
 * The way from "the socket listens" to "all calls can be served". When it fails (state directory full, state locked or
 * from a newer Stowage) the socket goes on answering, and the next call after a second tries again.
 */
export class Startup {
  readonly #recovery: Recovery;
  readonly #clock: Clock;
  readonly #log: Log;
  #attempt: Attempt | undefined;

  constructor(recovery: Recovery, clock: Clock, log: Log) {
    this.#recovery = recovery;
    this.#clock = clock;
    this.#log = log;
  }

  begin(): void {
    this.#current();
  }

  /** Waits until the volumes are known. E_STATE_UNAVAILABLE when they cannot be. */
  async loaded(call: Call): Promise<void> {
    const attempt = this.#current();
    if (attempt.state !== 'loaded' && attempt.state !== 'recovered')
      await call.wait(attempt.loaded, () => 'Stowage is still reading its state');
  }

  /** Waits until volumes can be changed. E_STATE_UNAVAILABLE when they cannot be. */
  async recovered(call: Call): Promise<void> {
    const attempt = this.#current();
    if (attempt.state !== 'recovered')
      await call.wait(attempt.recovered, () => 'Stowage is still recovering from its last end');
  }

  #current(): Attempt {
    const last = this.#attempt;
    if (
      last !== undefined &&
      // Either way: the clock may have been set back since.
      !(last.state === 'failed' && Math.abs(this.#clock.now() - last.begunAt) >= RETRY_AFTER_MS)
    )
      return last;
    const attempt: Attempt = {
      begunAt: this.#clock.now(),
      ...this.#start((state) => (attempt.state = state)),
      state: 'loading',
    };
    this.#attempt = attempt;
    return attempt;
  }

  #start(reached: (state: Attempt['state']) => void): Pick<Attempt, 'loaded' | 'recovered'> {
    const loaded = this.#recovery.load();
    const recover = async (): Promise<void> => {
      try {
        await loaded;
        reached('loaded');
        await this.#recovery.recover();
        reached('recovered');
      } catch (thrown) {
        reached('failed');
        this.#log.error({ err: toStowageError(thrown) }, 'cannot start serving volumes');
        throw thrown;
      }
    };
    const recovered = recover();
    // Whoever waits for them hears of a failure; nobody may be waiting.
    for (const stage of [loaded, recovered]) stage.catch(() => undefined);
    return { loaded, recovered };
  }
}

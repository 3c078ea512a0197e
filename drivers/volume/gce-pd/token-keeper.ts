import type { Clock } from '../../../plugin/core/ports/host.ts';
import type { AccessToken } from './metadata.ts';

/** The metadata server gives the same token until five minutes before its end, and a new one from then on. */
const MARGIN_MS = 240_000;

/** Keeps a token for as long as it is good, and gets the next one before it is needed. */
export class TokenKeeper {
  readonly #clock: Clock;
  readonly #ask: () => Promise<AccessToken>;
  #kept: Promise<{ readonly token: string; readonly until: number }> | undefined;

  constructor(clock: Clock, ask: () => Promise<AccessToken>) {
    this.#clock = clock;
    this.#ask = ask;
  }

  /** A token that is good for some minutes. Throws what the asking throws; the next call asks again. */
  async fresh(): Promise<string> {
    const kept = (this.#kept ??= this.#next());
    try {
      const { token, until } = await kept;
      if (this.#clock.now() < until) return token;
    } catch (thrown) {
      if (this.#kept === kept) this.#kept = undefined;
      throw thrown;
    }
    if (this.#kept === kept) this.#kept = this.#next();
    return (await this.#kept).token;
  }

  async #next(): Promise<{ token: string; until: number }> {
    const begunAt = this.#clock.now();
    const { token, lifetimeMs } = await this.#ask();
    // A token whose end is near is used all the same: there is no better one.
    return { token, until: begunAt + Math.max(lifetimeMs - MARGIN_MS, lifetimeMs / 2) };
  }
}

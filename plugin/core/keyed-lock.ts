/** Runs work one at a time per key, first come first served; work on different keys runs in parallel. */
export class KeyedLock {
  readonly #tails = new Map<string, Promise<void>>();

  /** Runs `work` while holding all keys. Keys are taken in sorted order, so that two callers can never wait for each other. */
  async run<Result>(keys: readonly string[], work: () => Promise<Result>): Promise<Result> {
    const releases: (() => void)[] = [];
    try {
      for (const key of [...new Set(keys)].toSorted()) releases.push(await this.#acquire(key));
      return await work();
    } finally {
      for (const release of releases.toReversed()) release();
    }
  }

  async #acquire(key: string): Promise<() => void> {
    const previous = this.#tails.get(key);
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#tails.set(key, promise);
    await previous;
    return () => {
      if (this.#tails.get(key) === promise) this.#tails.delete(key);
      resolve();
    };
  }
}

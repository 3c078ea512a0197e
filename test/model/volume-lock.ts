/** Lets many in at a time, or one alone, in the order in which they came. */
export class SharedLock {
  #last: Promise<unknown> = Promise.resolve();
  #sharing: Promise<unknown>[] = [];

  /** Beside others that share. */
  async shared<Result>(work: () => Promise<Result>): Promise<Result> {
    const turn = this.#last;
    const done = (async () => {
      await turn;
      return await work();
    })();
    this.#sharing.push(done.catch(() => undefined));
    return await done;
  }

  /** With nobody beside. */
  async alone<Result>(work: () => Promise<Result>): Promise<Result> {
    const before = [this.#last, ...this.#sharing];
    this.#sharing = [];
    const done = (async () => {
      await Promise.all(before);
      return await work();
    })();
    this.#last = done.catch(() => undefined);
    return await done;
  }
}

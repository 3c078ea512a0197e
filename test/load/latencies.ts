/** How long calls took, by what they were. */
export class Latencies {
  readonly #samples = new Map<string, number[]>();

  /** Runs a call and remembers how long it took. A failure is thrown on. */
  async measure(call: string, work: () => Promise<unknown>): Promise<void> {
    const begin = performance.now();
    await work();
    const samples = this.#samples.get(call);
    if (samples === undefined) this.#samples.set(call, [performance.now() - begin]);
    else samples.push(performance.now() - begin);
  }

  /** One line a call: how many, the median, the 99th percentile, the slowest. */
  lines(): string[] {
    return [...this.#samples].map(([call, samples]) => {
      const sorted = samples.toSorted((left, right) => left - right);
      const at = (share: number): string =>
        (sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0).toFixed(1);
      return `${call}: ${String(sorted.length)} calls, p50 ${at(0.5)} ms, p99 ${at(0.99)} ms, most ${at(1)} ms`;
    });
  }
}

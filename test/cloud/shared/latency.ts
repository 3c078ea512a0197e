import type { SeededRandom } from '../../attack/random.ts';

/** How long something takes, as published for a cloud: half of the cases are faster than `median`, 99 % than `p99`. */
export interface Spread {
  readonly medianMs: number;
  readonly p99Ms: number;
}

/** How far the 99th percentile of a normal distribution lies from its middle, in standard deviations. */
const P99_DEVIATIONS = 2.326;

/**
 * How long things take: drawn from spreads (log-normal, which is how such times are distributed), times a scale, so that
 * a quick test waits for a hundredth of what a real cloud takes.
 */
export class Latency<Name extends string> {
  readonly #spreads: Record<Name, Spread>;
  readonly #random: SeededRandom;
  readonly #scale: number;
  readonly #fixed = new Map<Name, number>();
  readonly #drawn = new Map<Name, number>();

  constructor(spreads: Record<Name, Spread>, random: SeededRandom, scale: number) {
    this.#spreads = spreads;
    this.#random = random;
    this.#scale = scale;
  }

  /** From now on this takes exactly so long, whatever the scale; `Infinity` is for ever. */
  fix(name: Name, milliseconds: number): void {
    this.#fixed.set(name, milliseconds);
  }

  /** Back to the spread. */
  release(name: Name): void {
    this.#fixed.delete(name);
  }

  /** Milliseconds that it takes this time. */
  draw(name: Name): number {
    const milliseconds = this.#next(name);
    this.#drawn.set(name, this.drawn(name) + milliseconds);
    return milliseconds;
  }

  /** All milliseconds that it has taken so far. */
  drawn(name: Name): number {
    return this.#drawn.get(name) ?? 0;
  }

  #next(name: Name): number {
    const fixed = this.#fixed.get(name);
    if (fixed !== undefined) return fixed;
    const { medianMs, p99Ms } = this.#spreads[name];
    const deviation = Math.log(p99Ms / medianMs) / P99_DEVIATIONS;
    return this.#scale * medianMs * Math.exp(deviation * this.#normal());
  }

  /** Normally distributed around 0 (Box and Muller). */
  #normal(): number {
    const radius = Math.sqrt(-2 * Math.log(1 - this.#random.next()));
    return radius * Math.cos(2 * Math.PI * this.#random.next());
  }
}

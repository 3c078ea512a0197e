/** One thing that was asked of a volume, and how it can have come about. */
export interface Event<State> {
  /** For a person. */
  text: string;
  /** When it was asked, as a count of all moments. */
  readonly from: number;
  /** When it was answered, or when it can no longer take effect. */
  to: number;
  /** True for what may never have taken effect: its caller was cut off. */
  optional: boolean;
  /** The states after it, if it took effect in this one and gave the answer that was heard. None: it cannot have. */
  apply: (state: State) => readonly State[];
}

/** One way in which all can have come about. */
export interface Explanation<State> {
  readonly state: State;
}

/** Why no order of the events explains what was heard. */
export interface Contradiction<State> {
  /** The longest explanation there is, in its order. */
  readonly explained: readonly Event<State>[];
  /** A state that it ends in. */
  readonly state: State;
  /** What was under way then, none of which fits. */
  readonly stuck: readonly Event<State>[];
}

/**
 * Looks for an order in which each event takes effect at one moment between its beginning and its end (linearizability,
 * by the method of Wing and Gong with remembered dead ends).
 */
export function explain<State>(
  events: readonly Event<State>[],
  start: State,
): Explanation<State> | Contradiction<State> {
  const search = new Search(events.toSorted((left, right) => left.from - right.from));
  const end = search.explain(0n, 0, start, []);
  return end === undefined ? (search.deepest ?? { explained: [], state: start, stuck: [] }) : { state: end };
}

class Search<State> {
  readonly #events: readonly Event<State>[];
  readonly #deadEnds = new Set<string>();
  deepest: Contradiction<State> | undefined;

  constructor(events: readonly Event<State>[]) {
    this.#events = events;
  }

  /** `done` has a bit for each event that has taken effect or never will; all before `first` have theirs. */
  explain(done: bigint, first: number, state: State, order: readonly Event<State>[]): State | undefined {
    let next = first;
    while (next < this.#events.length && (done >> BigInt(next)) % 2n === 1n) next += 1;
    if (next === this.#events.length) return state;
    const key = `${done.toString(36)} ${JSON.stringify(state)}`;
    if (this.#deadEnds.has(key)) return undefined;
    const open = this.#open(done, next);
    this.#note(order, state, open);
    for (const index of open) {
      const event = this.#events[index];
      if (event === undefined) continue;
      const rest = done | (1n << BigInt(index));
      const ways = event.apply(state).map((after) => ({ after, taken: [...order, event] }));
      if (event.optional) ways.push({ after: state, taken: [...order] });
      for (const { after, taken } of ways) {
        const end = this.explain(rest, next, after, taken);
        if (end !== undefined) return end;
      }
    }
    this.#deadEnds.add(key);
    return undefined;
  }

  /** What may take effect next: begun before anything that is left has ended. The soonest to end come first. */
  #open(done: bigint, first: number): number[] {
    const left: number[] = [];
    let end = Number.POSITIVE_INFINITY;
    for (let index = first; index < this.#events.length; index += 1) {
      const event = this.#events[index];
      if (event === undefined || event.from > end) break;
      if ((done >> BigInt(index)) % 2n === 1n) continue;
      left.push(index);
      end = Math.min(end, event.to);
    }
    const ending = (index: number): number => this.#events[index]?.to ?? 0;
    return left
      .filter((index) => (this.#events[index]?.from ?? 0) <= end)
      .toSorted((a, b) => ending(a) - ending(b));
  }

  #note(order: readonly Event<State>[], state: State, open: readonly number[]): void {
    if (this.deepest !== undefined && this.deepest.explained.length >= order.length) return;
    const stuck = open.map((index) => this.#events[index]).filter((event) => event !== undefined);
    this.deepest = { explained: order, state, stuck };
  }
}

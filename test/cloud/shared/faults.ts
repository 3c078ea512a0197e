import type { SeededRandom } from '../../attack/random.ts';

/** What goes wrong with a call. What it looks like on the wire is the business of each cloud's server. */
export type Fault =
  /** Too many calls; nothing is done. */
  | { readonly kind: 'throttle' }
  /** 5xx; nothing is done. */
  | { readonly kind: 'server-error'; readonly status?: 500 | 502 | 503 | 504 }
  /** The cloud's own error by its code; nothing is done. */
  | { readonly kind: 'error'; readonly status: number; readonly code: string; readonly message?: string }
  /** The connection breaks before anything is done. */
  | { readonly kind: 'drop-before' }
  /** All is done, and the connection breaks instead of an answer. */
  | { readonly kind: 'drop-after' }
  /** The answer comes late. */
  | { readonly kind: 'delay'; readonly milliseconds: number };

/** Which calls a fault befalls. */
export interface FaultRule {
  /** Operations it befalls; default: all. */
  readonly operations?: readonly string[];
  /** Only calls of this caller. */
  readonly caller?: string;
  /** So many calls are let through first. */
  readonly after?: number;
  /** So many calls are befallen; default: all until the rule is taken back. */
  readonly times?: number;
  /** In so many of a hundred cases; default: always. */
  readonly percent?: number;
  readonly fault: Fault;
}

interface ActiveRule extends FaultRule {
  passed: number;
  hits: number;
}

/** Decides which calls go wrong. With the same seed and the same calls it decides the same. */
export class Faults {
  readonly #random: SeededRandom;
  readonly #rules = new Set<ActiveRule>();
  #outage = false;

  constructor(random: SeededRandom) {
    this.#random = random;
  }

  /** From now on calls go wrong by this rule. Gives what takes it back. */
  add(rule: FaultRule): () => void {
    const active = { ...rule, passed: 0, hits: 0 };
    this.#rules.add(active);
    return () => void this.#rules.delete(active);
  }

  /** Nobody gets an answer while it lasts: connections are cut off. */
  setOutage(on: boolean): void {
    this.#outage = on;
  }

  /** Takes back everything. */
  clear(): void {
    this.#rules.clear();
    this.#outage = false;
  }

  /** What befalls this call. The first rule that says something decides. */
  next(operation: string, caller: string): Fault | undefined {
    if (this.#outage) return { kind: 'drop-before' };
    for (const rule of this.#rules) {
      if (!concerns(rule, operation, caller)) continue;
      rule.passed += 1;
      if (rule.passed <= (rule.after ?? 0) || rule.hits >= (rule.times ?? Infinity)) continue;
      if (rule.percent !== undefined && !this.#random.chance(rule.percent)) continue;
      rule.hits += 1;
      return rule.fault;
    }
    return undefined;
  }
}

function concerns(rule: FaultRule, operation: string, caller: string): boolean {
  if (rule.caller !== undefined && rule.caller !== caller) return false;
  return rule.operations === undefined || rule.operations.includes(operation);
}

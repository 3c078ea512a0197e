/** One call that a stand-in got. */
export interface LoggedCall {
  readonly operation: string;
  /** By the stand-in's clock, in milliseconds. */
  readonly at: number;
  /** Access key, service account or machine. */
  readonly caller: string;
  /** How many things it named or asked for. */
  readonly ids: number;
  /** `ok`, the cloud's error code, or what befell the connection. */
  readonly outcome: string;
}

/** Which calls are meant. Everything that is not said fits. */
export type CallFilter = Partial<Pick<LoggedCall, 'operation' | 'caller' | 'outcome'>>;

/** Every call in the order of its end, for tests that have a budget of calls. */
export class CallLog {
  #calls: LoggedCall[] = [];

  /** Notes a call. */
  add(call: LoggedCall): void {
    this.#calls.push(call);
  }

  /** The calls that fit. */
  list(filter: CallFilter = {}): LoggedCall[] {
    return this.#calls.filter((call) => fits(call, filter));
  }

  /** How many fit. */
  count(filter: CallFilter = {}): number {
    return this.list(filter).length;
  }

  /** How often each operation was called; refused calls count, as they do in the cloud's own limits. */
  perOperation(filter: CallFilter = {}): Record<string, number> {
    const counts: Record<string, number> = {};
    for (const { operation } of this.list(filter)) counts[operation] = (counts[operation] ?? 0) + 1;
    return counts;
  }

  /** Forgets all, so that a budget is about what follows. */
  clear(): void {
    this.#calls = [];
  }
}

function fits(call: LoggedCall, filter: CallFilter): boolean {
  return (['operation', 'caller', 'outcome'] as const).every(
    (key) => filter[key] === undefined || filter[key] === call[key],
  );
}

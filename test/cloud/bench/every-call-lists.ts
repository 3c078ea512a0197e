/** What the naive way is reckoned for. */
export interface NaiveSettings {
  readonly pageSize: number;
  readonly known: number;
  readonly volumes: number;
}

/** Calls of the naive way. */
export interface NaiveCalls {
  readonly life: number;
  readonly list: number;
  readonly burst: number;
}

/**
 * How many calls the same work takes in the way of REX-Ray's storage driver for EBS, which has no memory: every call of
 * Docker lists all volumes, and so does every look of a waiter (`statusInitialDelay` 100 ms, doubled each time). Reckoned and
 * not run: it is an upper row to compare with, not a peer that is timed.
 */
export function everyCallLists({ pageSize, known, volumes }: NaiveSettings): NaiveCalls {
  const pages = (count: number): number => Math.max(1, Math.ceil(count / pageSize));
  // Docker: Get before Create, Create, Get after it; Get and Mount; Unmount; Get and Remove.
  const callsOfDocker = 8;
  const mutations = 4;
  // 100, 200, … ms until the 1.5 s of a creation and the 2 s of an attachment and of a detachment are over.
  const looks = [1_500, 2_000, 2_000].reduce((sum, takes) => sum + looksFor(takes), 0);
  const perMount = 2 + looksFor(2_000);
  return {
    life: callsOfDocker + looks + mutations,
    list: pages(known),
    burst: volumes * (perMount * pages(volumes) + 1),
  };
}

function looksFor(milliseconds: number): number {
  let looks = 0;
  for (let waited = 0, delay = 100; waited < milliseconds; delay *= 2) {
    waited += delay;
    looks += 1;
  }
  return looks;
}

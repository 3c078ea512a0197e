/** One test or one tool check, as the closing line counts it. */
export interface Outcome {
  /** Suites and test joined by ` > `; empty when it is about the file or the tool as a whole. */
  name: string;
  passed: boolean;
  /** What a person needs to repair it; empty when it passed. */
  detail: string;
}

/** What came of one started process: a test file or a tool. */
export interface CheckResult {
  /** The test file's path in the repository, or the tool's command line. */
  title: string;
  outcomes: Outcome[];
  /** Everything the process printed, in the order it came. */
  output: string;
  seconds: number;
}

/** Passed and failed, summed. */
export interface Totals {
  passed: number;
  failed: number;
}

/** Sums the outcomes of any number of checks. */
export function totalsOf(results: readonly CheckResult[]): Totals {
  const outcomes = results.flatMap((result) => result.outcomes);
  const passed = outcomes.filter((outcome) => outcome.passed).length;
  return { passed, failed: outcomes.length - passed };
}

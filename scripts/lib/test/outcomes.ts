import type { CommandEnd } from './command.ts';
import type { TestRecord } from './records.ts';
import type { Outcome } from './result.ts';

type Result = Extract<TestRecord, { type: 'result' }>;

/**
 * What a test file's run amounts to. Whatever is not a plain pass is a failure: skipped and todo
 * tests, an empty file, a crash, a deadline, processes left behind.
 */
export function outcomesOf(records: readonly TestRecord[], end: CommandEnd): Outcome[] {
  const tests = testOutcomes(records);
  const fault = faultOf(records, tests, end);
  return fault === undefined ? tests : [...tests, { name: '', passed: false, detail: fault }];
}

/** What a tool's run amounts to: one outcome. */
export function toolOutcome(end: CommandEnd): Outcome {
  const fault = abnormalEnd(end) ?? (end.code === 0 ? undefined : `ended with code ${end.code}`);
  return { name: '', passed: fault === undefined, detail: fault ?? '' };
}

function testOutcomes(records: readonly TestRecord[]): Outcome[] {
  const path: string[] = [];
  const outcomes: Outcome[] = [];
  for (const record of records) {
    if (record.type === 'start') path[record.nesting] = record.name;
    if (record.type !== 'result') continue;
    const fault = faultOfTest(record);
    // A suite counts only where it failed by itself; its tests speak for it otherwise.
    if (record.suite && fault === undefined) continue;
    const name = [...path.slice(0, record.nesting), record.name].join(' > ');
    outcomes.push({ name, passed: fault === undefined, detail: fault ?? '' });
  }
  return outcomes;
}

function faultOfTest(result: Result): string | undefined {
  if (result.skipped) return 'skipped, which counts as failed';
  if (result.todo) return 'marked as todo, which counts as failed';
  if (result.passed) return undefined;
  if (result.suite && result.failureType === 'subtestsFailed') return undefined;
  return result.error ?? 'failed without an error';
}

function faultOf(
  records: readonly TestRecord[],
  tests: readonly Outcome[],
  end: CommandEnd,
): string | undefined {
  const abnormal = abnormalEnd(end);
  if (abnormal !== undefined) return abnormal + unfinishedNote(records);
  if (!records.some((record) => record.type === 'end')) {
    // A file without tests looks the same: node:test does not even start its reporter.
    return `ended with code ${end.code} before its tests were done, or holds none${unfinishedNote(records)}`;
  }
  if (tests.length === 0) return 'holds no test';
  if (end.code !== 0 && tests.every((test) => test.passed)) return `ended with code ${end.code}`;
  return undefined;
}

function abnormalEnd(end: CommandEnd): string | undefined {
  if (end.late) return `took longer than its deadline and was ended after ${end.seconds.toFixed(0)} s`;
  if (end.signal !== null) return `ended by signal ${end.signal}`;
  if (end.leftovers > 0) return `left ${end.leftovers} processes running`;
  return undefined;
}

function unfinishedNote(records: readonly TestRecord[]): string {
  const unfinished: string[] = [];
  for (const record of records) {
    if (record.type === 'begun') unfinished.push(record.name);
    if (record.type !== 'result') continue;
    const index = unfinished.indexOf(record.name);
    if (index >= 0) unfinished.splice(index, 1);
  }
  return unfinished.length === 0 ? '' : `; running at that time: ${unfinished.join(' > ')}`;
}

import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runCommand } from './command.ts';
import { outcomesOf, toolOutcome } from './outcomes.ts';
import { parseRecords } from './records.ts';
import type { CheckResult } from './result.ts';

/** Runs one test file of the repository in a process of its own. */
export async function runTestFile(root: string, file: string, deadlineMs: number): Promise<CheckResult> {
  const directory = await mkdtemp(join(tmpdir(), 'stowage-test-'));
  const recordsFile = join(directory, 'records');
  try {
    const end = await runCommand({
      program: process.execPath,
      args: [
        `--test-reporter=${new URL('./reporter.ts', import.meta.url).href}`,
        `--test-reporter-destination=${recordsFile}`,
        file,
      ],
      cwd: root,
      // Set by an outer `node --test`, it would make the file report to a parent that does not listen.
      env: { NODE_TEST_CONTEXT: '' },
      deadlineMs,
    });
    const records = parseRecords(await readFile(recordsFile, 'utf8').catch(() => ''));
    return { title: file, outcomes: outcomesOf(records, end), output: end.output, seconds: end.seconds };
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** Runs one of the repository's tools; it passes when it ends with code 0. */
export async function runTool(
  root: string,
  [name, ...args]: readonly [string, ...string[]],
  deadlineMs: number,
): Promise<CheckResult> {
  const program = join(root, 'node_modules', '.bin', name);
  const end = await runCommand({ program, args, cwd: root, deadlineMs });
  const title = [name, ...args].join(' ');
  return { title, outcomes: [toolOutcome(end)], output: end.output, seconds: end.seconds };
}

/** A check that could not even start, told like any other failure. */
export function failedCheck(title: string, detail: string): CheckResult {
  return { title, outcomes: [{ name: '', passed: false, detail }], output: '', seconds: 0 };
}

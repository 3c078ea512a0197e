import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { runTestFile } from '../../../scripts/lib/test/checks.ts';
import { totalsOf, type CheckResult } from '../../../scripts/lib/test/result.ts';
import { plantedFiles, type Planted } from './planted-files.ts';

const DEADLINE_MS = 30_000;

describe('running one test file', () => {
  let root = '';

  before(async () => {
    root = await mkdtemp(join(tmpdir(), 'stowage-planted-'));
    await writeFile(join(root, 'package.json'), '{ "type": "module" }');
  });
  after(() => rm(root, { recursive: true, force: true }));

  async function run(planted: Planted, deadlineMs = DEADLINE_MS): Promise<CheckResult> {
    await writeFile(join(root, `${planted}.test.ts`), plantedFiles[planted]);
    return runTestFile(root, `${planted}.test.ts`, deadlineMs);
  }

  it('counts each test, not the suites around them', async () => {
    const result = await run('good');
    assert.deepEqual(totalsOf([result]), { passed: 4, failed: 0 });
    assert.deepEqual(
      result.outcomes.map((outcome) => outcome.name),
      ['alone', 'group > first', 'group > second > inner', 'group > second'],
    );
    assert.match(result.output, /printed by a good test/);
  });

  it('tells where and why a test failed, with its cause and what it printed', async () => {
    const result = await run('failing');
    assert.deepEqual(totalsOf([result]), { passed: 1, failed: 1 });
    const failure = result.outcomes.find((outcome) => !outcome.passed);
    assert.equal(failure?.name, 'group > breaks');
    assert.match(failure.detail, /planted fault[^]*failing\.test\.ts:7[^]*planted cause/);
    assert.match(result.output, /printed before it broke/);
  });

  const faults: readonly [Planted, passed: number, failed: number, detail: RegExp][] = [
    ['skipped', 0, 2, /skipped/],
    ['skippedSuite', 0, 1, /skipped/],
    ['todo', 0, 1, /todo/],
    ['brokenHook', 1, 1, /planted hook fault/],
    ['empty', 0, 1, /holds none/],
    ['crashing', 0, 1, /SIGKILL/],
    ['exitsEarly', 0, 1, /ended with code 0 before its tests were done/],
    ['unparsable', 0, 1, /ended with code 1/],
  ];
  for (const [planted, passed, failed, detail] of faults) {
    it(`counts as failed: ${planted}`, async () => {
      const result = await run(planted);
      const failures = result.outcomes.filter((outcome) => !outcome.passed);
      assert.equal(failures.length, failed, JSON.stringify(result));
      // A process killed from outside may not have written what it had passed.
      assert.ok(totalsOf([result]).passed >= passed);
      for (const failure of failures) assert.match(failure.detail, detail);
    });
  }

  it('ends a hanging file and its children at the deadline, and names what hung', async () => {
    // Long enough for a busy machine to get as far as the hanging test.
    const result = await run('hanging', 8_000);
    const failure = result.outcomes.find((outcome) => !outcome.passed);
    assert.match(failure?.detail ?? '', /deadline[^]*hangs/);
    assert.ok(result.seconds < 25, `took ${result.seconds} s`);
    assertGone(result);
  });

  it('counts processes left running as a failure, and ends them', async () => {
    const result = await run('leaving');
    assert.deepEqual(totalsOf([result]), { passed: 1, failed: 1 });
    assert.match(result.outcomes.at(-1)?.detail ?? '', /left 1 processes running/);
    assertGone(result);
  });
});

function assertGone(result: CheckResult): void {
  const child = /child (\d+)/.exec(result.output)?.[1];
  assert.ok(child !== undefined, result.output);
  assert.ok(!existsSync(`/proc/${child}/exe`), `process ${child} still runs`);
}

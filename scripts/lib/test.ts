import { resolve } from 'node:path';
import { findTestFiles, planFor, type Plan } from './test/plan.ts';
import { failedCheck } from './test/checks.ts';
import { endRunningGroups } from './test/process-group.ts';
import { closingLine, failureReport, progressLine, stageTable } from './test/report.ts';
import { totalsOf, type CheckResult } from './test/result.ts';
import { runStage, type StageResult } from './test/run-stage.ts';
import { stages } from './test/stages.ts';

const USAGE = `usage: scripts/test [all|soak|NAME …]
  all    every check and test (the same as no argument)
  soak   the same, with the long forms of the tests
  NAME   a stage (${stages.map((stage) => stage.name).join(', ')})
         or a part of a test file's path`;

const INTERRUPT_GRACE_MS = 5_000;

const root = resolve(import.meta.dirname, '../..');

async function main(words: readonly string[]): Promise<number> {
  if (words.includes('--help') || words.includes('-h')) {
    console.log(USAGE);
    return 0;
  }
  const soak = words.includes('soak');
  // Test files inherit it.
  if (soak) process.env['STOWAGE_SOAK'] = '1';
  const names = words.filter((word) => word !== 'all' && word !== 'soak');
  const plan = planFor(words.includes('all') ? [] : names, stages, findTestFiles(root));
  if (plan.unknownNames.length > 0) {
    console.error(`No stage and no test file is named ${plan.unknownNames.join(', ')}.\n${USAGE}`);
    return 2;
  }
  const results = await runPlan(plan, soak);
  const totals = totalsOf(results.flatMap((stage) => stage.results));
  if (totals.failed > 0) console.log(`\nFailures\n\n${failureReport(results)}`);
  console.log(`\n${stageTable(results)}\n\n${closingLine(totals)}`);
  return totals.failed > 0 || totals.passed === 0 ? 1 : 0;
}

async function runPlan(plan: Plan, soak: boolean): Promise<StageResult[]> {
  const done: StageResult[] = [];
  for (const planned of plan.stages) {
    console.log(planned.stage.name);
    const onResult = (result: CheckResult): void => console.log(progressLine(result));
    done.push(await runStage(planned, { root, soak, onResult }));
  }
  const strays = plan.strayFiles.map((file) => failedCheck(file, 'belongs to no stage, so it never runs'));
  return strays.length === 0 ? done : [...done, { name: 'strays', results: strays, seconds: 0 }];
}

// Test files run in process groups of their own, so the terminal's signal does not reach them.
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => void endRunningGroups(INTERRUPT_GRACE_MS).finally(() => process.exit(130)));
}

process.exitCode = await main(process.argv.slice(2));

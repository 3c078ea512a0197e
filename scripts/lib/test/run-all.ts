import { failedCheck } from './checks.ts';
import { findTestFiles, planFor, type Plan } from './plan.ts';
import { closingLine, failureReport, progressLine, stageTable } from './report.ts';
import { totalsOf, type CheckResult } from './result.ts';
import { runStage, type StageResult } from './run-stage.ts';
import type { Stage } from './stages.ts';

/** What to run, where, and where to say so. */
export interface Order {
  root: string;
  stages: readonly Stage[];
  /** Stages or parts of test files' paths; none means everything. */
  names: readonly string[];
  soak: boolean;
  print: (text: string) => void;
}

/** Runs what was ordered; gives the exit code. The closing line is the last thing printed. */
export async function runAll(order: Order): Promise<number> {
  const plan = planFor(order.names, order.stages, findTestFiles(order.root));
  if (plan.unknownNames.length > 0) {
    const known = order.stages.map((stage) => stage.name).join(', ');
    order.print(`No stage and no test file is named ${plan.unknownNames.join(', ')}. Stages: ${known}.`);
    return 2;
  }
  const stages = [...(await runPlan(plan, order)), ...strayResults(plan)];
  const totals = totalsOf(stages.flatMap((stage) => stage.results));
  if (totals.failed > 0) order.print(`\nFailures\n\n${failureReport(stages)}`);
  order.print(`\n${stageTable(stages)}\n\n${closingLine(totals)}`);
  return totals.failed === 0 && totals.passed > 0 ? 0 : 1;
}

async function runPlan(plan: Plan, { root, soak, print }: Order): Promise<StageResult[]> {
  const done: StageResult[] = [];
  for (const planned of plan.stages) {
    print(planned.stage.name);
    const onResult = (result: CheckResult): void => print(progressLine(result));
    done.push(await runStage(planned, { root, soak, onResult }));
  }
  return done;
}

function strayResults(plan: Plan): StageResult[] {
  const results = plan.strayFiles.map((file) => failedCheck(file, 'belongs to no stage, so it never runs'));
  return results.length === 0 ? [] : [{ name: 'strays', results, seconds: 0 }];
}

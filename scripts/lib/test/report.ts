import { totalsOf, type CheckResult, type Outcome } from './result.ts';
import type { StageResult } from './run-stage.ts';

/** One line for a file or tool that has ended. */
export function progressLine(result: CheckResult): string {
  const { passed, failed } = totalsOf([result]);
  const counts = failed === 0 ? `${passed} passed` : `${passed} passed, ${failed} failed`;
  return `  ${failed === 0 ? 'ok  ' : 'FAIL'} ${result.title} (${counts}, ${result.seconds.toFixed(1)} s)`;
}

/** Everything that is known about each failure: where, what, and all that its process printed. */
export function failureReport(stages: readonly StageResult[]): string {
  const failing = stages.flatMap((stage) => stage.results).filter((result) => totalsOf([result]).failed > 0);
  return failing.map(describeFailures).join('\n');
}

/** Wall time and counts of each stage. */
export function stageTable(stages: readonly StageResult[]): string {
  const width = Math.max(...stages.map((stage) => stage.name.length));
  const row = (stage: StageResult): string => {
    const { passed, failed } = totalsOf(stage.results);
    const seconds = `${stage.seconds.toFixed(1)} s`.padStart(9);
    return `${stage.name.padEnd(width)} ${seconds}  ${closingLine({ passed, failed })}`;
  };
  return stages.map(row).join('\n');
}

/** The run's last line. */
export function closingLine({ passed, failed }: { passed: number; failed: number }): string {
  return `${passed} passed, ${failed} failed`;
}

function describeFailures(result: CheckResult): string {
  const failures = result.outcomes.filter((outcome) => !outcome.passed);
  const output = result.output.trimEnd();
  const printed = output === '' ? [] : [`--- all output of ${result.title}`, output];
  return [...failures.map((failure) => describe(result.title, failure)), ...printed, ''].join('\n');
}

function describe(title: string, { name, detail }: Outcome): string {
  return `FAIL ${name === '' ? title : `${title} > ${name}`}\n${detail}`;
}

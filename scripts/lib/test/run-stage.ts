import { ensurePackages } from '../apt.ts';
import { failedCheck, runTestFile, runTool } from './checks.ts';
import type { PlannedStage } from './plan.ts';
import type { CheckResult } from './result.ts';
import { isFileStage, type FileStage } from './stages.ts';

/** What came of one stage. */
export interface StageResult {
  name: string;
  results: CheckResult[];
  seconds: number;
}

const TOOL_DEADLINE_MS = 5 * 60_000;
// The long forms of soak repeat for hours what otherwise runs once.
const SOAK_FACTOR = 20;

/** Settings of a whole run. */
export interface RunSettings {
  root: string;
  soak: boolean;
  /** Called as soon as a file or tool has ended. */
  onResult: (result: CheckResult) => void;
}

/** Runs one stage to its end, whatever fails in it. */
export async function runStage({ stage, files }: PlannedStage, settings: RunSettings): Promise<StageResult> {
  const begin = performance.now();
  const results: CheckResult[] = [];
  const keep = (result: CheckResult): void => {
    results.push(result);
    settings.onResult(result);
  };
  if (!isFileStage(stage)) keep(await runTool(settings.root, stage.tool, TOOL_DEADLINE_MS));
  else if (files.length > 0) await runFiles(stage, files, settings, keep);
  return { name: stage.name, results, seconds: (performance.now() - begin) / 1000 };
}

async function runFiles(
  stage: FileStage,
  files: readonly string[],
  { root, soak }: RunSettings,
  keep: (result: CheckResult) => void,
): Promise<void> {
  const obstacle = await prepare(stage);
  if (obstacle !== undefined) return keep(failedCheck(`${stage.name} stage`, obstacle));
  const deadlineMs = stage.deadlineMs * (soak ? SOAK_FACTOR : 1);
  const waiting = [...files];
  const worker = async (): Promise<void> => {
    for (let file = waiting.shift(); file !== undefined; file = waiting.shift()) {
      keep(await runTestFile(root, file, deadlineMs));
    }
  };
  await Promise.all(Array.from({ length: stage.concurrency }, worker));
}

async function prepare(stage: FileStage): Promise<string | undefined> {
  if (stage.needsRoot && process.getuid?.() !== 0) return 'it mounts file systems: run it as root';
  try {
    await ensurePackages(stage.packages);
    return undefined;
  } catch (error) {
    return `cannot install what it needs: ${error instanceof Error ? error.message : String(error)}`;
  }
}

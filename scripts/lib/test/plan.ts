import { globSync } from 'node:fs';
import { matchesGlob } from 'node:path';
import { isFileStage, type Stage } from './stages.ts';

/** The name that selects everything. */
const ALL = 'all';

/** A stage and those of its test files that were asked for. */
export interface PlannedStage {
  stage: Stage;
  files: readonly string[];
}

/** What is to be run, in order, and what was asked for in vain. */
export interface Plan {
  stages: PlannedStage[];
  unknownNames: string[];
  /** Test files that no stage runs, when everything was asked for: nobody would notice them. */
  strayFiles: string[];
}

/** All test files below a repository. */
export function findTestFiles(root: string): string[] {
  return globSync('test/**/*.test.ts', { cwd: root }).toSorted();
}

/**
 * Chooses what to run. A name selects the stage of that name, or every test file whose path
 * contains it; no name selects everything that needs no virtual machine, `all` selects everything.
 */
export function planFor(
  names: readonly string[],
  stages: readonly Stage[],
  testFiles: readonly string[],
): Plan {
  const all = stages.map((stage) => ({ stage, files: testFiles.filter((file) => runs(stage, file)) }));
  // A stage's name means that stage, not also the files that happen to hold the word.
  const parts = names.filter((name) => name !== ALL && !stages.some((stage) => stage.name === name));
  const planned = all.flatMap((entry) => select(entry, names, parts));
  const isVain = (part: string): boolean => !all.some(({ files }) => files.some(contains(part)));
  return {
    stages: planned,
    unknownNames: parts.filter(isVain),
    strayFiles:
      names.length > 0 && !names.includes(ALL)
        ? []
        : testFiles.filter((file) => !stages.some((stage) => runs(stage, file))),
  };
}

function select(entry: PlannedStage, names: readonly string[], parts: readonly string[]): PlannedStage[] {
  if (names.includes(ALL) || names.includes(entry.stage.name)) return [entry];
  if (names.length === 0)
    return isFileStage(entry.stage) && entry.stage.virtualMachine === true ? [] : [entry];
  const files = entry.files.filter((file) => parts.some((part) => contains(part)(file)));
  return files.length === 0 ? [] : [{ stage: entry.stage, files }];
}

function runs(stage: Stage, file: string): boolean {
  if (!isFileStage(stage)) return false;
  const matches = (glob: string): boolean => matchesGlob(file, glob);
  return stage.files.some(matches) && !(stage.except ?? []).some(matches);
}

function contains(name: string): (file: string) => boolean {
  return (file) => file.includes(name);
}

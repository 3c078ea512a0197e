import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { planFor } from '../../../scripts/lib/test/plan.ts';
import { runAll } from '../../../scripts/lib/test/run-all.ts';
import { stages as realStages, type FileStage, type Stage } from '../../../scripts/lib/test/stages.ts';
import { plantedFiles } from './planted-files.ts';

describe('a whole run', () => {
  let root = '';
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'stowage-run-'));
    await plant('package.json', '{ "type": "module" }');
    await plant('test/unit/good.test.ts', plantedFiles.good);
  });
  afterEach(() => rm(root, { recursive: true, force: true }));

  async function plant(file: string, text: string): Promise<void> {
    await mkdir(dirname(join(root, file)), { recursive: true });
    await writeFile(join(root, file), text, { mode: 0o755 });
  }

  async function run(stages: readonly Stage[], names: readonly string[] = []) {
    const printed: string[] = [];
    const print = (text: string): void => void printed.push(text);
    const code = await runAll({ root, stages, names, soak: false, print });
    const text = printed.join('\n');
    return { code, text, last: text.split('\n').at(-1) };
  }

  it('sums tools and tests of all stages in the last line', async () => {
    await plant('node_modules/.bin/checker', '#!/bin/sh\nexit 0\n');
    const { code, last } = await run([{ name: 'tool', tool: ['checker'] }, fileStage('unit')]);
    assert.deepEqual({ code, last }, { code: 0, last: '5 passed, 0 failed' });
  });

  it('fails when one test fails, and shows it whole', async () => {
    await plant('test/unit/failing.test.ts', plantedFiles.failing);
    const { code, last, text } = await run([fileStage('unit')]);
    assert.deepEqual({ code, last }, { code: 1, last: '5 passed, 1 failed' });
    assert.match(text, /FAIL test\/unit\/failing\.test\.ts > group > breaks\nError: planted fault/);
    assert.match(text, /all output of test\/unit\/failing\.test\.ts\nprinted before it broke/);
  });

  it('fails when a tool fails or is not there, and shows what it printed', async () => {
    await plant('node_modules/.bin/checker', '#!/bin/sh\necho planted complaint\nexit 3\n');
    const stages: Stage[] = [
      { name: 'tool', tool: ['checker', '--all'] },
      { name: 'absent', tool: ['absent'] },
    ];
    const { code, last, text } = await run([...stages, fileStage('unit')]);
    assert.deepEqual({ code, last }, { code: 1, last: '4 passed, 2 failed' });
    assert.match(text, /FAIL checker --all\nended with code 3\n[^]*planted complaint/);
  });

  it('fails when a test file belongs to no stage', async () => {
    await plant('test/elsewhere/good.test.ts', plantedFiles.good);
    const { code, last } = await run([fileStage('unit')]);
    assert.deepEqual({ code, last }, { code: 1, last: '4 passed, 1 failed' });
  });

  it('fails when there was nothing to run', async () => {
    const { code, last } = await run([fileStage('unit')], ['unit/good']);
    assert.deepEqual({ code, last }, { code: 0, last: '4 passed, 0 failed' });
    await rm(join(root, 'test'), { recursive: true });
    assert.deepEqual((await run([fileStage('unit')])).code, 1);
  });

  it('refuses a name that selects nothing', async () => {
    const { code, text } = await run([fileStage('unit')], ['misspelt']);
    assert.equal(code, 2);
    assert.match(text, /misspelt/);
  });
});

describe('choosing what to run', () => {
  const files = ['test/unit/a.test.ts', 'test/unit/b.test.ts', 'test/e2e/a.test.ts'];
  const stages = [fileStage('unit'), fileStage('e2e')];
  const chosen = (...names: string[]) => planFor(names, stages, files).stages.flatMap((entry) => entry.files);

  it('takes a stage by its name', () => assert.deepEqual(chosen('e2e'), ['test/e2e/a.test.ts']));
  it('takes files by a part of their path', () =>
    assert.deepEqual(chosen('a.test'), ['test/unit/a.test.ts', 'test/e2e/a.test.ts']));
  it('does not take a stage for a part of a path', () =>
    assert.deepEqual(
      planFor(['e2e'], realStages, ['test/e2e/testcontainers/a.test.ts']).stages.flatMap(
        ({ files }) => files,
      ),
      [],
    ));
  it('takes everything without a name', () => assert.deepEqual(chosen(), files));

  it('runs each test file in one stage', () => {
    const names = ['unit/x/y', 'architecture', 'integration/x', 'faults/x', 'e2e/x', 'e2e/testcontainers/x'];
    const plan = planFor(
      [],
      realStages,
      names.map((name) => `test/${name}.test.ts`),
    );
    assert.deepEqual(plan.strayFiles, []);
    assert.deepEqual(plan.stages.flatMap((entry) => entry.files).length, names.length);
  });
});

function fileStage(name: string): FileStage {
  const files = [`test/${name}/**/*.test.ts`];
  return { name, files, concurrency: 2, deadlineMs: 60_000, packages: [], needsRoot: false };
}

/** Test files with one fault each; the runner must count every fault as a failure. */
export const plantedFiles = {
  good: `
import { describe, it, test } from 'node:test';
test('alone', () => console.log('printed by a good test'));
describe('group', () => {
  it('first', () => {});
  it('second', async (context) => {
    await context.test('inner', () => {});
  });
});
`,
  failing: `
import { describe, it } from 'node:test';
describe('group', () => {
  it('holds', () => {});
  it('breaks', () => {
    console.log('printed before it broke');
    throw new Error('planted fault', { cause: new Error('planted cause') });
  });
});
`,
  skipped: `
import { test } from 'node:test';
test('skipped', { skip: 'not today' }, () => {});
test('skipped within', (context) => context.skip());
`,
  skippedSuite: `
import { describe, it } from 'node:test';
describe('group', { skip: true }, () => it('never runs', () => {}));
`,
  todo: `
import { test } from 'node:test';
test('todo', { todo: true }, () => {});
`,
  brokenHook: `
import { after, describe, it } from 'node:test';
describe('group', () => {
  after(() => {
    throw new Error('planted hook fault');
  });
  it('holds', () => {});
});
`,
  empty: ``,
  crashing: `
import { test } from 'node:test';
test('before', () => {});
test('kills itself', async () => {
  process.kill(process.pid, 'SIGKILL');
  await new Promise((resolve) => setTimeout(resolve, 5_000));
});
`,
  exitsEarly: `
import { test } from 'node:test';
test('leaves with success', () => process.exit(0));
test('never runs', () => {});
`,
  unparsable: `
import { test } from 'node:test';
test('never runs', () => {
`,
  hanging: `
import { spawn } from 'node:child_process';
import { test } from 'node:test';
test('holds', () => {});
test('hangs', async () => {
  const child = spawn('sleep', ['1000'], { stdio: 'inherit' });
  console.log('child ' + child.pid);
  await new Promise((resolve) => setTimeout(resolve, 1_000_000));
});
`,
  leaving: `
import { spawn } from 'node:child_process';
import { test } from 'node:test';
test('leaves a process running', () => {
  const child = spawn('sleep', ['1000'], { stdio: 'inherit' });
  child.unref();
  console.log('child ' + child.pid);
});
`,
} as const;

/** The name of a planted fault. */
export type Planted = keyof typeof plantedFiles;

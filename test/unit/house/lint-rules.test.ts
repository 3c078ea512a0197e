import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { after, before, describe, it } from 'node:test';

const repository = resolve(import.meta.dirname, '../../..');

/** A rule that stopped to work says nothing; so each gets a file that breaks it. */
const planted: readonly [path: string, rule: string, source: string][] = [
  ['plugin/core/floating.ts', 'no-floating-promises', `Promise.resolve();`],
  ['plugin/core/file-call.ts', 'no-floating-promises', `import { c } from './helper.ts';\nc();`],
  ['plugin/core/misused.ts', 'no-misused-promises', `['a'].forEach(async () => Promise.resolve());`],
  ['plugin/core/awaits.ts', 'await-thenable', `await 3;`],
  ['plugin/core/throws.ts', 'only-throw-error', `throw 'a string';`],
  ['plugin/core/any.ts', 'no-explicit-any', `export const value: any = 1;`],
  [
    'plugin/core/switches.ts',
    'switch-exhaustiveness-check',
    `export function f(x: 'a' | 'b') { switch (x) { case 'a': return 1; } return 2; }`,
  ],
  ['plugin/core/cycle-a.ts', 'no-cycle', `import { b } from './cycle-b.ts';\nexport const a = () => b;`],
  ['plugin/core/cycle-b.ts', 'no-cycle', `import { a } from './cycle-a.ts';\nexport const b = () => a;`],
  ['plugin/core/long.ts', 'max-lines', 'export const a = [\n' + '  1,\n'.repeat(260) + '];'],
  [
    'plugin/core/long-function.ts',
    'max-lines-per-function',
    'export function f() {\n' + '  f();\n'.repeat(45) + '}',
  ],
  ['plugin/core/environment.ts', 'no-process-env', `export const home = process.env['HOME'];`],
  ['plugin/core/prints.ts', 'no-console', `console.log('a');`],
  ['plugin/core/fs.ts', 'no-restricted-imports', `export * from 'node:fs';`],
  ['plugin/core/host.ts', 'no-restricted-imports', `export * from '../host/helper.ts';`],
  ['plugin/config.ts', 'no-restricted-imports', `export * from 'express';`],
  ['plugin/protocol/host.ts', 'no-restricted-imports', `export * from '../host/helper.ts';`],
  ['plugin/protocol/command.ts', 'no-restricted-imports', `export * from 'node:child_process';`],
  ['plugin/host/http.ts', 'no-restricted-imports', `export * from 'express';`],
  ['drivers/volume/one/command.ts', 'no-restricted-imports', `export * from 'node:child_process';`],
  ['drivers/volume/one/files.ts', 'no-restricted-imports', `export * from 'node:fs/promises';`],
  ['drivers/volume/one/host.ts', 'no-restricted-imports', `export * from '../../../plugin/host/helper.ts';`],
  ['drivers/volume/one/other.ts', 'no-restricted-imports', `export * from '../two/driver.ts';`],
  ['scripts/lib/tests.ts', 'no-restricted-imports', `export * from '../../test/helper.ts';`],
];

/** What the rules must leave alone. */
const innocent: readonly [path: string, source: string][] = [
  ['plugin/core/helper.ts', `export async function c(): Promise<void> {}`],
  ['plugin/host/helper.ts', `export * from 'node:child_process';`],
  ['plugin/main.ts', `import { c } from './core/helper.ts';\nawait c();`],
  ['scripts/lib/helper.ts', `console.log(process.env['HOME']);`],
  [
    'drivers/volume/two/driver.ts',
    `export * from '../block/stage.ts';\nexport * from '../../../plugin/core/errors.ts';`,
  ],
  [
    'drivers/registry.ts',
    `export * from './volume/two/driver.ts';\nexport * from '../plugin/core/errors.ts';`,
  ],
  ['test/helper.ts', `import { it } from 'node:test';\nit('a', async () => Promise.resolve());`],
];

describe('lint rules', () => {
  let root = '';
  let report = '';

  before(async () => {
    root = await mkdtemp(join(tmpdir(), 'stowage-lint-'));
    for (const name of ['.oxlintrc.json', 'tsconfig.json', 'package.json']) {
      await cp(join(repository, name), join(root, name));
    }
    await writeFile(join(root, '.gitignore'), 'node_modules\n');
    await symlink(join(repository, 'node_modules'), join(root, 'node_modules'));
    for (const [path, , source] of planted) await plant(path, source);
    for (const [path, source] of innocent) await plant(path, source);
    report = await lint(root);
  });
  after(() => rm(root, { recursive: true, force: true }));

  async function plant(path: string, source: string): Promise<void> {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), `${source}\n`);
  }

  const reportsOn = (path: string): string[] =>
    report.split('\n').filter((line) => line.startsWith(`${path}:`));

  for (const [path, rule] of planted) {
    it(`${rule} speaks up in ${path}`, () => {
      assert.ok(
        reportsOn(path).some((line) => line.includes(`(${rule})`)),
        report,
      );
    });
  }

  for (const [path] of innocent) {
    it(`nothing is said about ${path}`, () => assert.deepEqual(reportsOn(path), []));
  }
});

function lint(root: string): Promise<string> {
  const program = join(repository, 'node_modules/.bin/oxlint');
  return new Promise((done) => {
    execFile(program, ['--format=unix'], { cwd: root, timeout: 60_000 }, (_error, stdout) => done(stdout));
  });
}

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { checkErrorCodes, checkManifest, checkOptionTables } from './documents.ts';
import { checkConformanceRuns, checkDriverFiles, checkRegistry } from './driver-folders.ts';
import { checkEnvironmentReads } from './environment.ts';
import { withFiles, type FileTree, type Violation } from './file-tree.ts';
import { fixtureDrivers, fixtureErrors, fixtureSettings, fixtureTree } from './fixture.ts';
import { checkImports } from './import-rules.ts';

type Check = (tree: FileTree) => Violation[];
type Changes = Readonly<Record<string, string | undefined>>;

const checks = {
  imports: checkImports,
  environment: checkEnvironmentReads,
  'driver files': checkDriverFiles,
  registry: checkRegistry,
  'conformance runs': checkConformanceRuns,
  'option tables': (tree) => checkOptionTables(tree, fixtureDrivers),
  manifest: (tree) => checkManifest(tree, fixtureSettings),
  'error codes': (tree) => checkErrorCodes(tree, fixtureErrors),
} as const satisfies Record<string, Check>;

/** Each import is one violation, planted alone. */
const forbiddenImports: readonly [path: string, source: string][] = [
  ['plugin/main.ts', `import { x } from '../test/support/x.ts';`],
  ['plugin/config.ts', `import { spawn } from 'node:child_process';`],
  ['plugin/core/a.ts', `import express from 'express';`],
  ['plugin/core/a.ts', `import { readFile } from 'node:fs/promises';`],
  ['plugin/core/a.ts', `import { readFile } from 'fs';`],
  ['plugin/core/a.ts', `import { spawn } from 'node:child_process';`],
  ['plugin/core/a.ts', `import { EC2Client } from '@aws-sdk/client-ec2';`],
  ['plugin/core/a.ts', `import { m } from '../host/mounter.ts';`],
  ['plugin/core/a.ts', `import type { M } from '../host/mounter.ts';`],
  ['plugin/core/a.ts', `export { m } from '../host/mounter.ts';`],
  ['plugin/core/a.ts', `export * from '../host/mounter.ts';`],
  ['plugin/core/a.ts', `const m = await import('../host/mounter.ts');`],
  ['plugin/core/a.ts', `let m: import('../host/mounter.ts').M;`],
  ['plugin/core/a.ts', `import '../../drivers/volume/disk/index.ts';`],
  ['plugin/core/a.ts', `const fs = process.getBuiltinModule('node:fs');`],
  ['plugin/core/a.ts', `const koffi = createRequire(import.meta.url)('koffi');`],
  ['plugin/core/ports/a.ts', `import { m } from '../../protocol/server.ts';`],
  ['plugin/protocol/a.ts', `import { m } from '../host/mounter.ts';`],
  ['plugin/protocol/a.ts', `import { d } from '../../drivers/registry.ts';`],
  ['plugin/protocol/a.ts', `import koffi from 'koffi';`],
  ['plugin/host/a.ts', `import { v } from '../core/volume-service.ts';`],
  ['plugin/host/a.ts', `import express from 'express';`],
  ['drivers/registry.ts', `import { D } from './volume/disk/driver.ts';`],
  ['drivers/volume/disk/a.ts', `import { c } from '../cloud/client.ts';`],
  ['drivers/volume/disk/a.ts', `import { m } from '../../../plugin/host/mounter.ts';`],
  ['drivers/volume/disk/a.ts', `import { s } from '../../../plugin/protocol/server.ts';`],
  ['drivers/volume/disk/a.ts', `import { v } from '../../../plugin/core/volume-service.ts';`],
  ['drivers/volume/disk/a.ts', `import { readFile } from 'node:fs/promises';`],
  ['drivers/volume/cloud/driver.ts', `import { EC2Client } from '@aws-sdk/client-ec2';`],
  ['drivers/volume/cloud/client.ts', `import express from 'express';`],
  ['drivers/volume/block/a.ts', `import { d } from '../disk/driver.ts';`],
  ['drivers/volume/block/a.ts', `import { EC2Client } from '@aws-sdk/client-ec2';`],
  ['scripts/lib/a.ts', `import { x } from '../../test/support/x.ts';`],
  ['plugin/elsewhere/a.ts', ``],
];

const environmentReads = [
  `const a = process.env['A'];`,
  `const a = process['env'].A;`,
  `const a = process?.env.A;`,
  `const a = globalThis.process.env.A;`,
  `const { env } = process;`,
  `const { env: everything } = process;`,
  `import { env } from 'node:process';`,
];

const otherViolations: readonly [keyof typeof checks, what: string, Changes][] = [
  ['driver files', 'no options.ts', { 'drivers/volume/disk/options.ts': undefined }],
  ['driver files', 'no driver.ts', { 'drivers/volume/disk/driver.ts': undefined }],
  ['driver files', 'no README.md', { 'drivers/volume/disk/README.md': undefined }],
  ['driver files', 'an SDK without errors.ts', { 'drivers/volume/cloud/errors.ts': undefined }],
  ['registry', 'an unregistered driver', { 'drivers/registry.ts': `import './volume/disk/index.ts';` }],
  ['conformance runs', 'no run', { 'test/integration/conformance/disk.test.ts': undefined }],
  [
    'conformance runs',
    'a test that does not run the suite',
    { 'test/integration/conformance/disk.test.ts': `import '../../../drivers/volume/disk/index.ts';` },
  ],
  ['option tables', 'an undocumented option', readme('`path` | |', '')],
  ['option tables', 'an option that is none', readme('`path` | |', '`path` | |\n| `owner` | |')],
  ['option tables', 'an option twice', readme('`path` | |', '`path` | |\n| `path` | |')],
  ['option tables', 'an undocumented alias', readme('`capacity`, `quota`', '`capacity`')],
  ['option tables', 'an alias that is none', readme('`quota`', '`quota`, `limit`')],
  ['option tables', 'no README', { 'drivers/volume/disk/README.md': undefined }],
  ['manifest', 'a setting not offered', { 'config.json': '{ "env": [{ "name": "STOWAGE_ONE" }] }' }],
  ['manifest', 'a setting that is none', manifest('STOWAGE_ONE', 'STOWAGE_TWO', 'STOWAGE_THREE')],
  ['manifest', 'no manifest', { 'config.json': undefined }],
  ['error codes', 'an unexplained code', errors('| `E_TWO` | Another. | yes |', '')],
  ['error codes', 'a code that is none', errors('`E_ONE`', '`E_NONE`')],
  ['error codes', 'wrongly not retryable', errors('| yes |', '| no |')],
  ['error codes', 'no document', { 'docs/errors.md': undefined }],
];

describe('architecture rules', () => {
  for (const [name, check] of Object.entries<Check>(checks)) {
    it(`${name}: nothing to say about a good tree`, () => assert.deepEqual(check(fixtureTree), []));
  }

  for (const [path, source] of forbiddenImports) {
    it(`imports: catches in ${path}: ${source}`, () => catches('imports', { [path]: source }));
  }

  for (const source of environmentReads) {
    it(`environment: catches ${source}`, () => catches('environment', { 'plugin/core/a.ts': source }));
  }

  for (const [name, what, changes] of otherViolations) {
    it(`${name}: catches ${what}`, () => catches(name, changes));
  }

  it('refuses to pass what it cannot read', () => {
    assert.throws(() => checkImports(withFiles(fixtureTree, { 'plugin/core/a.ts': 'import {' })));
  });
});

/** The planted violation is reported, names its place and says what to do. */
function catches(name: keyof typeof checks, changes: Changes): void {
  const violations = checks[name](withFiles(fixtureTree, changes));
  assert.notDeepEqual(violations, []);
  for (const { path, message } of violations) assert.ok(path !== '' && message.length > 5, message);
}

function readme(text: string, replacement: string): Changes {
  return edited('drivers/volume/disk/README.md', text, replacement);
}

function errors(text: string, replacement: string): Changes {
  return edited('docs/errors.md', text, replacement);
}

function edited(path: string, text: string, replacement: string): Changes {
  const original = fixtureTree.get(path) ?? '';
  assert.ok(original.includes(text), `${path} holds no ${text}`);
  return { [path]: original.replace(text, replacement) };
}

function manifest(...names: string[]): Changes {
  return { 'config.json': JSON.stringify({ env: names.map((name) => ({ name })) }) };
}

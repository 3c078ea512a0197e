import assert from 'node:assert/strict';
import { resolve } from 'node:path';
import { describe, it } from 'node:test';
import { volumeDrivers } from '../drivers/registry.ts';
import { configSchema } from '../plugin/config.ts';
import { ERRORS } from '../plugin/core/errors.ts';
import {
  checkErrorCodes,
  checkManifest,
  checkOptionTables,
  checkSettingTables,
  driverSettingNames,
} from './architecture/documents.ts';
import { checkConformanceRuns, checkDriverFiles, checkRegistry } from './architecture/driver-folders.ts';
import { checkEnvironmentReads } from './architecture/environment.ts';
import { readFileTree, type Violation } from './architecture/file-tree.ts';
import { checkImports } from './architecture/import-rules.ts';

// test/architecture/*.test.ts plants a violation of each rule to prove that these can fail.
describe('architecture', () => {
  const tree = readFileTree(resolve(import.meta.dirname, '..'));

  it('imports point at the core, and nothing crosses a closed border', () => expectNone(checkImports(tree)));
  it('the environment is read in plugin/config.ts only', () => expectNone(checkEnvironmentReads(tree)));
  it('every driver has the same files', () => expectNone(checkDriverFiles(tree)));
  it('every driver is registered', () => expectNone(checkRegistry(tree)));
  it('every driver runs the conformance suite', () => expectNone(checkConformanceRuns(tree)));
  it("every driver's README lists its options and their aliases", () =>
    expectNone(checkOptionTables(tree, volumeDrivers)));
  it("every driver's README lists its settings", () => expectNone(checkSettingTables(tree, volumeDrivers)));
  it('config.json offers the settings of plugin/config.ts and of every driver', () =>
    expectNone(
      checkManifest(tree, [...Object.keys(configSchema.shape), ...driverSettingNames(volumeDrivers)]),
    ));
  it('docs/errors.md explains the codes of plugin/core/errors.ts', () =>
    expectNone(checkErrorCodes(tree, ERRORS)));
});

function expectNone(violations: readonly Violation[]): void {
  assert.deepEqual(
    violations.map(({ path, message }) => `${path} ${message}`),
    [],
  );
}

import { sourceFiles, type FileTree, type Violation } from './file-tree.ts';
import { factsOf } from './source-facts.ts';

const SHARED = new Set(['drivers/volume/block', 'drivers/volume/share']);
const FILES = ['index.ts', 'options.ts', 'driver.ts', 'README.md'];
const SDK_FILES = ['client.ts', 'errors.ts'];
const CONFORMANCE_RUN = /^test\/(integration|conformance)\/.*\.test\.ts$/;

/** The folders of drivers; block and share are what drivers have in common, no drivers. */
function driverFolders(tree: FileTree): string[] {
  const folders = [...tree.keys()].map((path) => /^drivers\/(?:volume|graph)\/[^/]+(?=\/)/.exec(path)?.[0]);
  return [...new Set(folders)].filter((folder) => folder !== undefined && !SHARED.has(folder)) as string[];
}

/** Every driver has the same files, so that who knows one knows all. */
export function checkDriverFiles(tree: FileTree): Violation[] {
  return driverFolders(tree).flatMap((folder) => {
    const expected = importsSdk(tree, folder) ? [...FILES, ...SDK_FILES] : FILES;
    const missing = expected.filter((file) => !tree.has(`${folder}/${file}`));
    return missing.map((file) => ({
      path: folder,
      message: `has no ${file}, which every driver like it has`,
    }));
  });
}

/** Every driver is in the registry. */
export function checkRegistry(tree: FileTree): Violation[] {
  const registry = tree.get('drivers/registry.ts') ?? '';
  const registered = factsOf('drivers/registry.ts', registry).imports;
  const folders = driverFolders(tree).filter((folder) => !registered.includes(`${folder}/index.ts`));
  return folders.map((path) => ({ path, message: 'is missing in drivers/registry.ts' }));
}

/** Every driver runs the conformance suite: some test file imports both. */
export function checkConformanceRuns(tree: FileTree): Violation[] {
  const runs = sourceFiles(tree)
    .filter(([path]) => CONFORMANCE_RUN.test(path))
    .map(([path, text]) => factsOf(path, text).imports)
    .filter((imports) => imports.some((target) => target.startsWith('test/conformance/')));
  const isRun = (folder: string): boolean => runs.some((imports) => imports.includes(`${folder}/index.ts`));
  const message = 'has no conformance run: add test/integration/conformance/<name>.test.ts';
  return driverFolders(tree)
    .filter((folder) => !isRun(folder))
    .map((path) => ({ path, message }));
}

function importsSdk(tree: FileTree, folder: string): boolean {
  const sources = sourceFiles(tree).filter(([path]) => path.startsWith(`${folder}/`));
  const imports = sources.flatMap(([path, text]) => factsOf(path, text).imports);
  return imports.some((target) => target.startsWith('npm:') && target !== 'npm:zod');
}

import { sourceFiles, type FileTree, type Violation } from './file-tree.ts';
import { factsOf } from './source-facts.ts';

/** Settings come in through one door: every other reader of the environment is a violation. */
export function checkEnvironmentReads(tree: FileTree): Violation[] {
  const program = sourceFiles(tree).filter(([path]) => /^(plugin|drivers)\//.test(path));
  const others = program.filter(([path]) => path !== 'plugin/config.ts');
  return others.flatMap(([path, text]) =>
    factsOf(path, text).environmentReads.map((line) => ({
      path: `${path}:${line}`,
      message: 'reads the environment: add the setting to plugin/config.ts and take it from there',
    })),
  );
}

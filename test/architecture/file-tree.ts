import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Files by their path in the repository. Checks are functions over it, so that a fault can be planted. */
export type FileTree = ReadonlyMap<string, string>;

/** A broken rule: where, and what to do about it. */
export interface Violation {
  path: string;
  message: string;
}

const CHECKED = ['{plugin,drivers,scripts,test}/**/*.ts', 'drivers/**/README.md', 'docs/errors.md', '*.json'];

/** The repository's files that any rule looks at. */
export function readFileTree(root: string): FileTree {
  const paths = globSync(CHECKED, { cwd: root, exclude: ['**/node_modules/**'] }).toSorted();
  return new Map(paths.map((path) => [path, readFileSync(join(root, path), 'utf8')]));
}

/** A tree with some files replaced, or removed where the text is undefined. */
export function withFiles(tree: FileTree, changes: Readonly<Record<string, string | undefined>>): FileTree {
  const changed = new Map(tree);
  for (const [path, text] of Object.entries(changes)) {
    if (text === undefined) changed.delete(path);
    else changed.set(path, text);
  }
  return changed;
}

/** The TypeScript files of a tree. */
export function sourceFiles(tree: FileTree): [path: string, text: string][] {
  return [...tree].filter(([path]) => path.endsWith('.ts'));
}

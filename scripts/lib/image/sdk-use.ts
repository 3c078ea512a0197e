import { globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** What the drivers take from one SDK. */
export interface SdkUse {
  /** The package's name, as `import()` has it. */
  readonly specifier: string;
  /** Exports that are read at run time, sorted: clients, commands. */
  readonly names: readonly string[];
  /** Every method that the same drivers call, of whatever: those of the clients are among them. In lower case. */
  readonly calls: ReadonlySet<string>;
}

/** With it, an SDK of Google's gives the same call's answers one by one. */
const CALL = /\.(?<name>\w+?)(?:Async|Stream)?\(/g;

/**
 * Finds in the drivers' sources what they use of an SDK, so that no list has to be kept by hand. A driver loads its SDK
 * by `import('…')` and calls the result `sdk`, wherever it passes it to.
 *
 * @param sources the repository
 * @returns undefined when no driver loads it
 * @throws Error when a driver loads it but takes nothing from an `sdk`
 */
export function sdkUse(sources: string, specifier: string): SdkUse | undefined {
  const loaders = driverFiles(sources).filter(([, text]) => text.includes(`import('${specifier}')`));
  if (loaders.length === 0) return undefined;
  const folders = new Set(loaders.map(([path]) => dirname(path)));
  const texts = driverFiles(sources)
    .filter(([path]) => folders.has(dirname(path)))
    .map(([, text]) => text);
  const names = texts.flatMap((text) =>
    [...text.matchAll(/\bsdk\.([A-Z]\w*)/g)].map(([, name = '']) => name),
  );
  if (names.length === 0) {
    const where = loaders.map(([path]) => path).join(', ');
    throw new Error(
      `${where}: what import('${specifier}') gives must be called sdk, and something of it used.`,
    );
  }
  const calls = texts.flatMap((text) => [...text.matchAll(CALL)].map(([, name = '']) => name.toLowerCase()));
  return { specifier, names: [...new Set(names)].toSorted(), calls: new Set(calls) };
}

function driverFiles(sources: string): [path: string, text: string][] {
  const paths = globSync('drivers/**/*.ts', { cwd: sources });
  return paths.toSorted().map((path) => [path, readFileSync(join(sources, path), 'utf8')]);
}

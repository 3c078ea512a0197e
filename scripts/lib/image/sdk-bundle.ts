import { join } from 'node:path';
import { build, type BuildOptions, type Plugin } from 'esbuild';
import { COMPUTE_PART, computeEntry, computeSdk } from './compute-sdk.ts';
import { ec2Schemas } from './ec2-schemas.ts';
import { sdkUse, type SdkUse } from './sdk-use.ts';

interface SdkRecipe {
  readonly specifier: string;
  /** A package that it consists of and that drivers import as well: it has to be the same one, and is given whole. */
  readonly part?: string;
  /** Its file beside the program's. */
  readonly file: string;
  /** A module that exports what is used and nothing else. */
  readonly entry: (use: SdkUse) => string;
  readonly plugins: (use: SdkUse) => Plugin[];
  readonly options?: BuildOptions;
}

/** Every SDK that a driver may load, and what it takes to bundle only the used part of it. */
const RECIPES: readonly SdkRecipe[] = [
  {
    specifier: '@aws-sdk/client-ec2',
    file: 'sdk-ec2.cjs',
    entry: ({ names, specifier }) => `export { ${names.join(', ')} } from '${specifier}';`,
    plugins: () => [ec2Schemas],
    // Its CommonJS form is one file of which nothing can be left out.
    options: { mainFields: ['module', 'main'] },
  },
  {
    specifier: '@google-cloud/compute',
    part: COMPUTE_PART,
    file: 'sdk-compute.cjs',
    entry: computeEntry,
    plugins: (use) => [computeSdk(use)],
  },
];

const SDK_ASIDE = 'sdk-aside';

/**
 * For the program's bundle: what it imports of an SDK lies in a file of its own beside it, which is read when the import
 * is reached. `require` behind the `import()`: the loader of modules would cost memory, and not see all names.
 */
export const sdksAside: Plugin = {
  name: 'sdks-aside',
  setup(build) {
    build.onResolve({ filter: /^[@\w]/ }, ({ path }) =>
      placeOf(path) === undefined ? undefined : { path, namespace: SDK_ASIDE },
    );
    build.onResolve({ filter: /.*/, namespace: SDK_ASIDE }, ({ path }) => ({ path, external: true }));
    build.onLoad({ filter: /.*/, namespace: SDK_ASIDE }, ({ path }) => ({
      contents: `module.exports = ${String(placeOf(path))};`,
    }));
  },
};

/** Where the program finds a package; undefined for those in its own bundle. */
function placeOf(specifier: string): string | undefined {
  const recipe = RECIPES.find((one) => one.specifier === specifier || one.part === specifier);
  if (recipe === undefined) return undefined;
  const sdk = `require('./${recipe.file}')`;
  return recipe.part === specifier ? `${sdk}['${specifier}']` : sdk;
}

/**
 * Bundles the used part of every SDK that a driver loads, each into a file of its own.
 *
 * @param sources the repository, with its packages installed
 * @returns the files' names in the directory, by package
 * @throws Error when an SDK cannot be bundled
 */
export async function bundleSdks(sources: string, directory: string): Promise<Map<string, string>> {
  const files = new Map<string, string>();
  for (const recipe of RECIPES) {
    const use = sdkUse(sources, recipe.specifier);
    if (use === undefined) continue;
    await bundleSdk(sources, join(directory, recipe.file), recipe, use);
    files.set(recipe.specifier, recipe.file);
  }
  return files;
}

async function bundleSdk(sources: string, outfile: string, recipe: SdkRecipe, use: SdkUse): Promise<void> {
  await build({
    absWorkingDir: sources,
    stdin: { contents: recipe.entry(use), resolveDir: sources },
    outfile,
    bundle: true,
    platform: 'node',
    target: 'node26',
    format: 'cjs',
    // Nobody debugs an SDK in a stack trace of ours, and its text stays in memory. Names stay: google-gax tells
    // classes apart by them.
    minify: true,
    keepNames: true,
    legalComments: 'linked',
    logLevel: 'warning',
    plugins: recipe.plugins(use),
    ...recipe.options,
  });
}

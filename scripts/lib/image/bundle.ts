import { execFileSync } from 'node:child_process';
import { globSync } from 'node:fs';
import { cp, mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { build } from 'esbuild';
import type { Architecture } from './elf.ts';
import { bundleSdks, sdksAside } from './sdk-bundle.ts';

/** Node's word for the machine, by Debian's. */
export const NODE_WORDS: Record<Architecture, string> = { amd64: 'x64', arm64: 'arm64' };

/**
 * What express brings along for web sites and no call of the protocol reaches: types of files by their names, bodies
 * in other alphabets, nested query strings. It is loaded at each start nevertheless: a third of the bundle, 4 MB.
 */
const UNUSED_BY_EXPRESS = {
  'mime-db': 'data:application/json,{}',
  'iconv-lite': 'data:application/json,{}',
  qs: 'node:querystring',
};

/**
 * Bundles the program into `<directory>/volume.cjs` and puts what it loads at run time beside it: native code, and every
 * cloud's SDK in a file of its own, which only those pay for who use that cloud.
 *
 * @param sources the repository, with its packages installed
 * @param architecture Debian's word for the machine that will run it
 * @param koffi the package directory of koffi's native part for that machine
 * @throws Error when the program cannot be bundled, or Node cannot parse the bundle
 */
export async function bundlePlugin(
  sources: string,
  directory: string,
  architecture: Architecture,
  koffi = koffiPackage(sources, architecture),
): Promise<void> {
  await rm(directory, { recursive: true, force: true });
  await build({
    absWorkingDir: sources,
    entryPoints: { volume: 'plugin/main.ts', 'syscall-worker': 'plugin/host/syscall-worker.ts' },
    outdir: directory,
    outExtension: { '.js': '.cjs' },
    bundle: true,
    platform: 'node',
    target: 'node26',
    // `import` reads all that a module of Node exports, which for node:http loads a whole fetch client: 16 MB.
    format: 'cjs',
    define: { 'import.meta.url': 'moduleUrl', 'import.meta.filename': '__filename' },
    banner: { js: "const moduleUrl = require('node:url').pathToFileURL(__filename).href;" },
    alias: UNUSED_BY_EXPRESS,
    // Names and lines stay readable in a stack trace; whitespace and comments would only be parsed at each start.
    minifySyntax: true,
    keepNames: true,
    legalComments: 'linked',
    // It finds its native part relative to its own files.
    external: ['koffi'],
    plugins: [sdksAside],
    logLevel: 'warning',
  });
  const sdks = await bundleSdks(sources, directory);
  for (const name of ['volume.cjs', 'syscall-worker.cjs', ...sdks.values()]) {
    execFileSync(process.execPath, ['--check', join(directory, name)]);
  }
  await copyKoffi(sources, join(directory, 'node_modules'), koffi, NODE_WORDS[architecture]);
}

function koffiPackage(sources: string, architecture: Architecture): string {
  return join(sources, 'node_modules/@koromix', `koffi-linux-${NODE_WORDS[architecture]}`);
}

/** Of koffi's packages, only what is read at run time: no sources to build it from, no second C library. */
async function copyKoffi(sources: string, modules: string, native: string, word: string): Promise<void> {
  const own = join(sources, 'node_modules/koffi');
  const scripts = globSync('src/koffi/**/{index,static}.*', { cwd: own });
  for (const file of ['package.json', 'LICENSE.txt', 'index.js', 'index.cjs', ...scripts]) {
    await cp(join(own, file), join(modules, 'koffi', file));
  }
  const target = join(modules, '@koromix', `koffi-linux-${word}`);
  await mkdir(target, { recursive: true });
  for (const file of ['package.json', 'index.js', `linux_${word}`]) {
    await cp(join(native, file), join(target, file), { recursive: true });
  }
}

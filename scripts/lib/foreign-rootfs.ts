import { globSync, lstatSync } from 'node:fs';
import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { cached } from './cache.ts';
import { makeDebianTree } from './debian-tree.ts';
import { bundlePlugin, NODE_WORDS } from './image/bundle.ts';
import { readElf, type Architecture } from './image/elf.ts';
import { layOutRootfs, PACKAGES } from './image/rootfs.ts';
import { run } from './run.ts';

const Lock = z.object({ packages: z.record(z.string(), z.object({ version: z.string().optional() })) });

/**
 * Makes the plugin's root file system for another machine than this one, from that machine's packages, without
 * running any of them. What cannot be had this way is the proof that it starts.
 *
 * @param sources a copy of the repository, with its packages installed
 * @param directory gets the root file system as `rootfs`
 * @throws Error when anything in the result is for another machine
 */
export async function makeForeignRootfs(
  sources: string,
  architecture: Architecture,
  directory: string,
): Promise<void> {
  const name = `@koromix/koffi-linux-${NODE_WORDS[architecture]}`;
  const koffi = await lockedVersion(sources, name);
  const base = await foreignBase(sources, architecture);
  const native = await cached(`koffi-${architecture}`, [name, koffi], async (entry) => {
    await unpack(`${name}@${koffi}`, entry);
  });
  const rootfs = join(directory, 'rootfs');
  await run('cp', ['--archive', '--reflink=auto', base, rootfs]);
  await bundlePlugin(sources, join(rootfs, 'stowage'), architecture, join(native, 'package'));
  assertBuiltFor(architecture, rootfs);
}

/** Everything but the program itself, which is what changes. */
async function foreignBase(sources: string, architecture: Architecture): Promise<string> {
  const makers = ['rootfs.ts', 'elf.ts'].map((file) => join(sources, 'scripts/lib/image', file));
  const inputs = [
    process.versions.node,
    ...(await Promise.all(makers.map((file) => readFile(file, 'utf8')))),
  ];
  const entry = await cached(`rootfs-${architecture}`, inputs, async (directory) => {
    const debian = join(directory, 'debian');
    const node = join(directory, 'node');
    const rootfs = join(directory, 'rootfs');
    for (const path of [debian, node, rootfs]) await mkdir(path);
    const without = ['/usr/share/man/*', '/usr/share/locale/*'];
    const tree = { suite: 'trixie', variant: 'extract', packages: PACKAGES, architecture, without } as const;
    await makeDebianTree(tree, debian);
    await unpack(`node-linux-${NODE_WORDS[architecture]}@${process.versions.node}`, node);
    layOutRootfs(debian, join(node, 'package/bin/node'), rootfs);
    for (const path of [debian, node]) await rm(path, { recursive: true });
  });
  return join(entry, 'rootfs');
}

async function lockedVersion(sources: string, name: string): Promise<string> {
  const lock = Lock.parse(JSON.parse(await readFile(join(sources, 'package-lock.json'), 'utf8')));
  const version = lock.packages[`node_modules/${name}`]?.version;
  if (version === undefined) throw new Error(`package-lock.json does not name ${name}.`);
  return version;
}

/** Puts the files of an npm package into `package` in the directory; npm checks them against its registry. */
async function unpack(specifier: string, directory: string): Promise<void> {
  await run('npm', ['pack', '--silent', '--pack-destination', directory, specifier]);
  const [archive = ''] = await readdir(directory);
  await run('tar', ['--extract', `--file=${join(directory, archive)}`, `--directory=${directory}`]);
}

function assertBuiltFor(architecture: Architecture, rootfs: string): void {
  const files = globSync('**/*', { cwd: rootfs }).map((name) => join(rootfs, name));
  const programs = files.filter((path) => lstatSync(path).isFile()).flatMap((path) => readElf(path) ?? []);
  const foreign = programs.filter((facts) => facts.architecture !== architecture);
  if (foreign.length > 0 || programs.length === 0)
    throw new Error(`The result is not built for ${architecture}.`);
}

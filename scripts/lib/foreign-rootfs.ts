import { globSync, lstatSync } from 'node:fs';
import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
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
 * @param directory where work files may be left; `rootfs` in it becomes the root file system
 * @throws Error when anything in the result is for another machine
 */
export async function makeForeignRootfs(
  repository: string,
  architecture: Architecture,
  directory: string,
): Promise<void> {
  const word = NODE_WORDS[architecture];
  const work = join(directory, 'work');
  const rootfs = join(directory, 'rootfs');
  for (const path of [join(work, 'debian'), rootfs]) await mkdir(path, { recursive: true });
  const koffi = await lockedVersion(repository, `@koromix/koffi-linux-${word}`);
  const node = await unpack(`node-linux-${word}@${process.versions.node}`, join(work, 'node'));
  const native = await unpack(`@koromix/koffi-linux-${word}@${koffi}`, join(work, 'koffi'));
  const without = ['/usr/share/man/*', '/usr/share/locale/*'];
  const tree = { suite: 'trixie', variant: 'extract', packages: PACKAGES, architecture, without } as const;
  await makeDebianTree(tree, join(work, 'debian'));
  layOutRootfs(join(work, 'debian'), join(node, 'bin/node'), rootfs);
  await bundlePlugin(join(rootfs, 'stowage'), architecture, native);
  await rm(work, { recursive: true });
  assertBuiltFor(architecture, rootfs);
}

async function lockedVersion(repository: string, name: string): Promise<string> {
  const lock = Lock.parse(JSON.parse(await readFile(join(repository, 'package-lock.json'), 'utf8')));
  const version = lock.packages[`node_modules/${name}`]?.version;
  if (version === undefined) throw new Error(`package-lock.json does not name ${name}.`);
  return version;
}

/** @returns the directory in which the package's files are */
async function unpack(specifier: string, directory: string): Promise<string> {
  await mkdir(directory);
  await run('npm', ['pack', '--silent', '--pack-destination', directory, specifier]);
  const [archive = ''] = await readdir(directory);
  await run('tar', ['--extract', `--file=${join(directory, archive)}`, `--directory=${directory}`]);
  return join(directory, 'package');
}

function assertBuiltFor(architecture: Architecture, rootfs: string): void {
  const files = globSync('**/*', { cwd: rootfs }).map((name) => join(rootfs, name));
  const programs = files.filter((path) => lstatSync(path).isFile()).flatMap((path) => readElf(path) ?? []);
  const foreign = programs.filter((facts) => facts.architecture !== architecture);
  if (foreign.length > 0 || programs.length === 0)
    throw new Error(`The result is not built for ${architecture}.`);
}

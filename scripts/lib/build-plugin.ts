import { createHash } from 'node:crypto';
import { globSync, readFileSync } from 'node:fs';
import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { ensureImage, NODE_IMAGE } from './base-images.ts';
import { withBuilder } from './builder.ts';
import { cached } from './cache.ts';
import type { DockerClient } from './docker-client.ts';
import { makeForeignRootfs } from './foreign-rootfs.ts';
import type { Architecture } from './image/elf.ts';
import { readLocalManifest, readManifest } from './manifest.ts';
import { run } from './run.ts';

/** Which plugin; each has a manifest of its own. */
export type PluginKind = 'volume';

const REPOSITORY = join(import.meta.dirname, '../..');
const INPUTS = [
  'Dockerfile',
  '.dockerignore',
  'package.json',
  'package-lock.json',
  '{plugin,drivers,scripts/lib/image}/**/*.ts',
];
const BUILD_DEADLINE_MS = 15 * 60_000;

const MACHINE: Architecture = process.arch === 'arm64' ? 'arm64' : 'amd64';

/**
 * Builds a plugin unless it has been built from the same sources before.
 *
 * @param architecture for another machine than this one, it is put together without Docker and not tried out
 * @param use `here`: as it can be enabled on this machine; `everywhere`: as it is written, for others to install
 * @returns a directory for `docker plugin create`, with `config.json` and `rootfs`; do not change it
 * @throws Error with Docker's output when the build fails
 */
export async function buildPlugin(
  kind: PluginKind,
  architecture: Architecture = MACHINE,
  use: 'here' | 'everywhere' = 'here',
): Promise<string> {
  const manifest = use === 'here' ? await readLocalManifest(REPOSITORY) : await readManifest(REPOSITORY);
  const name = architecture === MACHINE ? 'plugin' : `plugin-${architecture}`;
  return withSources(async (sources, fingerprint) =>
    cached(name, [kind, architecture, manifest, ...fingerprint], async (directory) => {
      await writeFile(join(directory, 'config.json'), manifest);
      if (architecture === MACHINE) await buildWithDocker(sources, directory);
      else await makeForeignRootfs(sources, architecture, directory);
    }),
  );
}

/** What the command lines of `scripts/build-plugin` and `scripts/publish-plugin` say. @throws Error with the usage. */
export function parseBuildArguments(
  args: readonly string[],
  usage: string,
): { target: string; kind: PluginKind; architecture: Architecture } {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: { arch: { type: 'string', default: MACHINE } },
  });
  const [target, kind = 'volume', ...rest] = positionals;
  const { arch } = values;
  if (target === undefined || kind !== 'volume' || rest.length > 0) throw new Error(usage);
  if (arch !== 'amd64' && arch !== 'arm64') throw new Error(usage);
  return { target, kind, architecture: arch };
}

async function buildWithDocker(sources: string, directory: string): Promise<void> {
  await withBuilder(async (client) => {
    await ensureImage(client, NODE_IMAGE, true);
    await exportImage(client, await buildImage(client, sources), directory);
  });
}

/** Works on a copy of the sources, so that what is built is what the fingerprint says, whoever edits meanwhile. */
async function withSources<T>(work: (sources: string, fingerprint: string[]) => Promise<T>): Promise<T> {
  const sources = await mkdtemp(join(tmpdir(), 'stowage-sources-'));
  try {
    const files = globSync(INPUTS, { cwd: REPOSITORY }).toSorted();
    for (const file of files) await cp(join(REPOSITORY, file), join(sources, file));
    await symlink(join(REPOSITORY, 'node_modules'), join(sources, 'node_modules'));
    const fingerprint = files.map((file) => {
      const content = readFileSync(join(sources, file));
      return `${file} ${createHash('sha256').update(content).digest('hex')}`;
    });
    return await work(sources, fingerprint);
  } finally {
    await rm(sources, { recursive: true });
  }
}

/** @returns the image's ID */
async function buildImage(client: DockerClient, sources: string): Promise<string> {
  const args = ['build', '--network', 'host', '--tag', 'stowage-rootfs', '.'];
  const { exitCode, stdout, stderr } = await client.dockerRaw(args, {
    cwd: sources,
    deadlineMs: BUILD_DEADLINE_MS,
  });
  if (exitCode !== 0) throw new Error(`docker build failed:\n${stdout}${stderr}`);
  return client.docker('image', 'inspect', '--format', '{{.Id}}', 'stowage-rootfs');
}

async function exportImage(client: DockerClient, image: string, directory: string): Promise<void> {
  const archive = join(directory, 'rootfs.tar');
  await mkdir(join(directory, 'rootfs'));
  const container = await client.docker('create', image);
  try {
    await client.docker('export', '--output', archive, container);
  } finally {
    await client.docker('rm', container);
  }
  await run('tar', [
    '--extract',
    `--file=${archive}`,
    `--directory=${join(directory, 'rootfs')}`,
    '--numeric-owner',
  ]);
  await rm(archive);
  // Docker puts an empty one into every container.
  await rm(join(directory, 'rootfs/.dockerenv'), { force: true });
}

async function main(): Promise<void> {
  const usage = 'usage: scripts/build-plugin OUT [volume] [--arch amd64|arm64]';
  const { target, kind, architecture } = parseBuildArguments(process.argv.slice(2), usage);
  const built = await buildPlugin(kind, architecture);
  await rm(target, { recursive: true, force: true });
  await run('cp', ['--archive', '--reflink=auto', built, target]);
  console.log(`ready: docker plugin create stowage ${target}`);
}

if (import.meta.main) await main();

import { createHash } from 'node:crypto';
import { globSync } from 'node:fs';
import { cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ensureImage, NODE_IMAGE } from './base-images.ts';
import { withBuilder } from './builder.ts';
import { cached } from './cache.ts';
import type { DockerClient } from './docker-client.ts';
import { readManifest } from './manifest.ts';
import { run } from './run.ts';

/** Which plugin; each has a manifest of its own. */
export type PluginKind = 'volume';

/** Debian's words for the machines that plugins are built for. */
export type Architecture = 'amd64' | 'arm64';

const REPOSITORY = join(import.meta.dirname, '../..');
const INPUTS = [
  'Dockerfile',
  '.dockerignore',
  'package.json',
  'package-lock.json',
  '{plugin,drivers,scripts/lib/image}/**/*.ts',
];
const BUILD_DEADLINE_MS = 15 * 60_000;

/** This machine, in Debian's word. */
export const MACHINE: Architecture = process.arch === 'arm64' ? 'arm64' : 'amd64';

/**
 * Builds a plugin unless it has been built from the same sources before.
 *
 * @returns a directory for `docker plugin create`, with `config.json` and `rootfs`; do not change it
 * @throws Error with Docker's output when the build fails
 */
export async function buildPlugin(kind: PluginKind): Promise<string> {
  const manifest = await readManifest(REPOSITORY);
  const inputs = [kind, MACHINE, manifest, ...(await fingerprint())];
  return cached('plugin', inputs, async (directory) => {
    await writeFile(join(directory, 'config.json'), manifest);
    await mkdir(join(directory, 'rootfs'));
    await withBuilder(async (client) => {
      await ensureImage(client, NODE_IMAGE, true);
      await exportImage(client, await buildImage(client), directory);
    });
  });
}

async function fingerprint(): Promise<string[]> {
  const files = globSync(INPUTS, { cwd: REPOSITORY }).toSorted();
  return Promise.all(
    files.map(async (file) => {
      const content = await readFile(join(REPOSITORY, file));
      return `${file} ${createHash('sha256').update(content).digest('hex')}`;
    }),
  );
}

/** @returns the image's ID */
async function buildImage(client: DockerClient): Promise<string> {
  const args = ['build', '--network', 'host', '--tag', 'stowage-rootfs', '.'];
  const { exitCode, stdout, stderr } = await client.dockerRaw(args, {
    cwd: REPOSITORY,
    deadlineMs: BUILD_DEADLINE_MS,
  });
  if (exitCode !== 0) throw new Error(`docker build failed:\n${stdout}${stderr}`);
  return client.docker('image', 'inspect', '--format', '{{.Id}}', 'stowage-rootfs');
}

async function exportImage(client: DockerClient, image: string, directory: string): Promise<void> {
  const archive = join(directory, 'rootfs.tar');
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
  const [target, kind = 'volume'] = process.argv.slice(2);
  if (target === undefined || kind !== 'volume') throw new Error('usage: scripts/build-plugin OUT [volume]');
  const built = await buildPlugin(kind);
  await rm(target, { recursive: true, force: true });
  await cp(built, target, { recursive: true, verbatimSymlinks: true });
  console.log(`${target}: ready for \`docker plugin create NAME ${target}\``);
}

if (import.meta.main) await main();

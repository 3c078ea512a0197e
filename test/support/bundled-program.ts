import { createHash } from 'node:crypto';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { cached } from '../../scripts/lib/cache.ts';
import { bundlePlugin } from '../../scripts/lib/image/bundle.ts';

const REPOSITORY = join(import.meta.dirname, '../..');

let bundled: Promise<string> | undefined;

/**
 * The program in one file, as the plugin image has it, made from the present source: it starts in half the time, which
 * counts for tests that start it hundreds of times.
 */
export async function bundledProgram(): Promise<string> {
  bundled ??= bundle();
  return await bundled;
}

async function bundle(): Promise<string> {
  const files = globSync(['{plugin,drivers}/**/*.ts', 'package-lock.json', 'scripts/lib/image/*.ts'], {
    cwd: REPOSITORY,
  });
  const hash = createHash('sha256');
  for (const file of files.toSorted()) hash.update(file).update(readFileSync(join(REPOSITORY, file)));
  const directory = await cached('bundled-program', [hash.digest('hex')], async (empty) => {
    await bundlePlugin(REPOSITORY, join(empty, 'program'), process.arch === 'arm64' ? 'arm64' : 'amd64');
  });
  return join(directory, 'program', 'volume.cjs');
}

import { createHash } from 'node:crypto';
import { mkdtemp, readdir, rename, rm, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { withLock } from './lock.ts';

const KEPT_PER_NAME = 4;
const KEPT_FOR_MS = 60 * 60_000;
const UNFINISHED_FOR_MS = 6 * 60 * 60_000;

/** Where everything that takes long to make is kept: `STOWAGE_CACHE`, or a directory of the machine. */
export function cacheDirectory(): string {
  return process.env['STOWAGE_CACHE'] ?? '/var/cache/stowage';
}

/**
 * The directory of a cache entry; it is built first when it is missing. An entry is named by what it is made
 * from, so it never goes stale, appears only when complete, and is built once however many processes ask.
 *
 * @param name what it is, such as `engine-root`
 * @param inputs everything the result depends on
 * @param build fills the empty directory it is given
 * @throws whatever `build` throws; nothing is left in the cache then
 */
export async function cached(
  name: string,
  inputs: readonly string[],
  build: (directory: string) => Promise<void>,
): Promise<string> {
  const key = createHash('sha256').update(JSON.stringify(inputs)).digest('hex').slice(0, 16);
  const entry = join(cacheDirectory(), `${name}-${key}`);
  if (await isThere(entry)) return entry;
  return withLock(join(cacheDirectory(), 'locks', `${name}-${key}`), async () => {
    if (await isThere(entry)) return entry;
    const unfinished = await mkdtemp(join(cacheDirectory(), 'unfinished-'));
    try {
      await build(unfinished);
      await rename(unfinished, entry);
    } finally {
      await rm(unfinished, { recursive: true, force: true });
    }
    await forgetOld(name);
    return entry;
  });
}

async function isThere(entry: string): Promise<boolean> {
  try {
    const now = new Date();
    await utimes(entry, now, now);
    return true;
  } catch {
    return false;
  }
}

/** Entries whose inputs have changed since are never asked for again; the newest few may be. */
async function forgetOld(name: string): Promise<void> {
  const pattern = new RegExp(`^${name}-[0-9a-f]{16}$`);
  const names = (await readdir(cacheDirectory())).filter((entry) => pattern.test(entry));
  const used = await Promise.all(
    names.map(async (entry) => {
      const path = join(cacheDirectory(), entry);
      return { path, at: (await stat(path)).mtimeMs };
    }),
  );
  await forgetUnfinished();
  const old = used.toSorted((a, b) => b.at - a.at).slice(KEPT_PER_NAME);
  for (const { path, at } of old) {
    if (Date.now() - at > KEPT_FOR_MS) await rm(path, { recursive: true, force: true });
  }
}

/** What a killed process was building; nothing takes this long. */
async function forgetUnfinished(): Promise<void> {
  for (const name of (await readdir(cacheDirectory())).filter((entry) => entry.startsWith('unfinished-'))) {
    const path = join(cacheDirectory(), name);
    const { mtimeMs } = await stat(path).catch(() => ({ mtimeMs: Date.now() }));
    if (Date.now() - mtimeMs > UNFINISHED_FOR_MS) await rm(path, { recursive: true, force: true });
  }
}

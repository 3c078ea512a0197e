import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Stowage } from './stowage.ts';

/** Writes a file into a volume, mounting it for that. */
export async function fill(stowage: Stowage, volume: string, text: string, file = 'file'): Promise<void> {
  const mountPoint = await stowage.engine.mount(volume, 'fill');
  const path = join(stowage.see(mountPoint), file);
  mkdirSync(join(path, '..'), { recursive: true });
  writeFileSync(path, text);
  await stowage.engine.unmount(volume, 'fill');
}

/** Reads a file of a volume, mounting it for that. */
export async function content(stowage: Stowage, volume: string, file = 'file'): Promise<string> {
  const mountPoint = await stowage.engine.mount(volume, 'content');
  try {
    return readFileSync(join(stowage.see(mountPoint), file), 'utf8');
  } finally {
    await stowage.engine.unmount(volume, 'content');
  }
}

/** What lies in a volume, mounting it for that. */
export async function names(stowage: Stowage, volume: string): Promise<string[]> {
  const mountPoint = await stowage.engine.mount(volume, 'names');
  try {
    return readdirSync(stowage.see(mountPoint)).toSorted();
  } finally {
    await stowage.engine.unmount(volume, 'names');
  }
}

/** Where a volume of the local backend lies. */
export function homeOf(stowage: Stowage, volume: string): string {
  return join(stowage.dataDirectory, 'volumes', volume);
}

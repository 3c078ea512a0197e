import { createHash } from 'node:crypto';
import { lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';

/** Path below the directory → what is there: kind, mode, owner, size and content. */
export type TreeSnapshot = Readonly<Record<string, string>>;

/** Describes everything below a directory, so that two moments can be compared. Paths in `except` are left out. */
export function snapshotTree(directory: string, except: readonly string[] = []): TreeSnapshot {
  const found: Record<string, string> = {};
  const walk = (path: string, shown: string): void => {
    if (except.includes(path)) return;
    const stat = lstatSync(path);
    const facts = [stat.mode.toString(8), stat.uid, stat.gid, stat.nlink, stat.ino];
    if (stat.isFile())
      facts.push(stat.size, createHash('sha256').update(readFileSync(path)).digest('hex').slice(0, 16));
    if (stat.isSymbolicLink()) facts.push(readlinkSync(path));
    found[shown] = facts.join(' ');
    if (stat.isDirectory())
      for (const name of readdirSync(path).toSorted()) walk(join(path, name), join(shown, name));
  };
  walk(directory, '.');
  return found;
}

import { createHash } from 'node:crypto';
import { readdir, readFile, readlink } from 'node:fs/promises';
import path from 'node:path';
import { clip } from '../core/errors.ts';
import type { Holder } from '../core/ports/volume-driver.ts';

/** Reads at a time: enough to keep Node's threads busy, few enough for others to get a turn. */
const CONCURRENCY = 8;
const CONTAINER_ID = /[0-9a-f]{64}/g;

/** All processes by mount namespace, each list in ascending order. */
export async function mountNamespaces(proc: string): Promise<Map<string, number[]>> {
  const pids = (await readdir(proc)).filter((name) => /^\d+$/.test(name)).map(Number);
  pids.sort((a, b) => a - b);
  const keys = await inParallel(pids, (pid) => namespaceKey(path.join(proc, String(pid))));
  const found = new Map<string, number[]>();
  for (const [index, pid] of pids.entries()) {
    const key = keys[index];
    if (key === undefined) continue;
    const members = found.get(key);
    if (members === undefined) found.set(key, [pid]);
    else members.push(pid);
  }
  return found;
}

/**
 * What tells one mount namespace from another. The kernel shows its number only to those who may trace the process;
 * the table itself does it too, because no two mounts on a machine have the same ID.
 */
export async function namespaceKey(directory: string, table?: string): Promise<string | undefined> {
  try {
    return await readlink(path.join(directory, 'ns/mnt'));
  } catch {
    const text = table ?? (await readIfThere(path.join(directory, 'mountinfo')));
    return text === undefined || text === '' ? undefined : createHash('sha256').update(text).digest('hex');
  }
}

/** Who a process is. */
export async function describeProcess(directory: string, pid: number): Promise<Holder> {
  const [comm, cgroup] = await Promise.all([
    readIfThere(path.join(directory, 'comm')),
    readIfThere(path.join(directory, 'cgroup')),
  ]);
  const containerId = containerIdOf(cgroup ?? '');
  return {
    pid,
    command: clip((comm ?? '').trim() || 'unknown', 64),
    ...(containerId === undefined ? {} : { containerId }),
  };
}

/** The container's ID in the text of /proc/PID/cgroup: `…/docker/ID` or `…/docker-ID.scope`, innermost when nested. */
export function containerIdOf(cgroup: string): string | undefined {
  for (const line of cgroup.split('\n')) {
    const id = line.match(CONTAINER_ID)?.at(-1);
    if (id !== undefined) return id;
  }
  return undefined;
}

/** A file of a process; undefined when the process is gone. */
export async function readIfThere(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch {
    // The process is gone, or not ours to look at; either way it tells nothing.
    return undefined;
  }
}

async function inParallel<In, Out>(items: readonly In[], run: (item: In) => Promise<Out>): Promise<Out[]> {
  const results: Out[] = [];
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < items.length) {
      const index = next;
      next += 1;
      const item = items[index];
      if (item !== undefined) results[index] = await run(item);
    }
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, worker));
  return results;
}

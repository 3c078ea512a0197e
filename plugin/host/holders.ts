import { createHash } from 'node:crypto';
import { readdir, readFile, readlink } from 'node:fs/promises';
import path from 'node:path';
import { clip } from '../core/errors.ts';
import type { MountedThing } from '../core/ports/host.ts';
import type { Holder } from '../core/ports/volume-driver.ts';
import { isAtOrBelow, type MountLine, parseMountinfo } from './mountinfo.ts';

/** Where to look for processes. */
export interface HolderSettings {
  /** The proc file system that shows all processes of the machine: `/proc`, or where the host's is bound. */
  readonly hostProc: string;
}

/** Reads at a time: enough to keep Node's threads busy, few enough for others to get a turn. */
const CONCURRENCY = 8;
const CONTAINER_ID = /[0-9a-f]{64}/g;

/**
 * Processes in other mount namespaces that have a thing mounted. One per namespace, the oldest by its number: all
 * processes of a container share the namespace. Processes that end meanwhile hold nothing and are left out.
 */
export async function findHolders(
  settings: HolderSettings,
  thing: MountedThing,
  ownTarget: string | undefined,
): Promise<Holder[]> {
  const own = await readFile('/proc/self/mountinfo', 'utf8');
  const ownKey = await namespaceKey('/proc/self', own);
  const ownMounts = parseMountinfo(own);
  const peerGroup = ownMounts.findLast((line) => line.target === ownTarget)?.peerGroup;
  const wanted = { ...thing, deviceName: await deviceName(thing.device), peerGroup };
  // The same mount has the same ID wherever it shows, also where the kernel hides which namespace a process is in.
  const ownIds = new Set(ownMounts.map((line) => line.id));
  const holders: Holder[] = [];
  for (const [key, pids] of await namespaces(settings.hostProc)) {
    if (key === ownKey) continue;
    const test = (line: MountLine): boolean => !ownIds.has(line.id) && holds(line, wanted);
    const holder = await holderIn(settings.hostProc, pids, test);
    if (holder !== undefined) holders.push(holder);
  }
  return holders;
}

/** What `holds` looks for. */
export interface WantedThing extends MountedThing {
  /** The device's name in the kernel, e.g. `loop3`, where it has one. */
  readonly deviceName: string | undefined;
  /** Peer group of our own mount of the thing, whose copies in other namespaces are nobody's. */
  readonly peerGroup: number | undefined;
}

/** Whether one line of another namespace's table holds the thing, by itself rather than as a copy of our own mount. */
export function holds(line: MountLine, wanted: WantedThing): boolean {
  if (!isOnDevice(line, wanted) || !isAtOrBelow(line.root, wanted.root)) return false;
  const group = wanted.peerGroup;
  return group === undefined || (line.peerGroup !== group && line.masterGroup !== group);
}

/** A btrfs has a number of its own instead of its disk's; there the source names the disk. */
function isOnDevice(line: MountLine, wanted: WantedThing): boolean {
  if (line.device === wanted.device) return true;
  return (
    line.fileSystem === 'btrfs' &&
    wanted.deviceName !== undefined &&
    path.basename(line.source) === wanted.deviceName
  );
}

async function deviceName(device: string): Promise<string | undefined> {
  try {
    return path.basename(await readlink(`/sys/dev/block/${device}`));
  } catch {
    // No disk, as for tmpfs, overlay and btrfs.
    return undefined;
  }
}

/** All processes by mount namespace, each list in ascending order. */
async function namespaces(proc: string): Promise<Map<string, number[]>> {
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
async function namespaceKey(directory: string, table?: string): Promise<string | undefined> {
  try {
    return await readlink(path.join(directory, 'ns/mnt'));
  } catch {
    const text = table ?? (await readIfThere(path.join(directory, 'mountinfo')));
    return text === undefined || text === '' ? undefined : createHash('sha256').update(text).digest('hex');
  }
}

async function holderIn(
  proc: string,
  pids: readonly number[],
  test: (line: MountLine) => boolean,
): Promise<Holder | undefined> {
  for (const pid of pids) {
    const directory = path.join(proc, String(pid));
    const table = await readIfThere(path.join(directory, 'mountinfo'));
    // Empty: a process that has ended and waits for its parent; the next of the namespace tells.
    if (table === undefined || table === '') continue;
    return parseMountinfo(table).some(test) ? describe(directory, pid) : undefined;
  }
  return undefined;
}

async function describe(directory: string, pid: number): Promise<Holder> {
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

async function readIfThere(file: string): Promise<string | undefined> {
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

import { readFile, readlink } from 'node:fs/promises';
import path from 'node:path';
import type { MountedThing } from '../core/ports/host.ts';
import type { Holder } from '../core/ports/volume-driver.ts';
import { isAtOrBelow, type MountLine, parseMountinfo } from './mountinfo.ts';
import { describeProcess, mountNamespaces, namespaceKey, readIfThere } from './processes.ts';

/** Where to look for processes. */
export interface HolderSettings {
  /** The proc file system that shows all processes of the machine: `/proc`, or where the host's is bound. */
  readonly hostProc: string;
}

/** What is looked for in other tables. */
export interface WantedThing extends MountedThing {
  /** The device's name in the kernel, e.g. `loop3`, where it has one. */
  readonly deviceName: string | undefined;
}

/** A mount and the directory that it lies on: that directory's device and path in it, the same in every namespace. */
export interface PlacedMount {
  readonly line: MountLine;
  /** Undefined where the table does not show it, as below a changed root. */
  readonly place: string | undefined;
}

/** A process and its mounts that show the thing. */
interface Sighting {
  readonly pid: number;
  readonly mounts: readonly PlacedMount[];
}

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
  const ownMounts = parseMountinfo(own);
  const ownMount = ownMounts.findLast((line) => line.target === ownTarget);
  const ownPlaced = ownMount && placed(ownMount, ownMounts);
  const wanted = { ...thing, deviceName: await deviceName(thing.device) };
  // The same mount has the same ID wherever it shows, also where the kernel hides which namespace a process is in.
  const ownIds = new Set(ownMounts.map((line) => line.id));
  const sightings: Sighting[] = [];
  const ownKey = await namespaceKey('/proc/self', own);
  for (const [key, pids] of await mountNamespaces(settings.hostProc)) {
    const sighting = key === ownKey ? undefined : await sight(settings.hostProc, pids, wanted);
    if (sighting !== undefined) sightings.push(sighting);
  }
  const claims = claimsAmong(
    sightings.flatMap(({ mounts }) => mounts),
    ownPlaced,
  );
  const holding = sightings.filter(({ mounts }) =>
    mounts.some((mount) => claims.has(mount) && !ownIds.has(mount.line.id)),
  );
  return Promise.all(
    holding.map(({ pid }) => describeProcess(path.join(settings.hostProc, String(pid)), pid)),
  );
}

/** The first process of a namespace that still lives tells for all of them. */
async function sight(
  proc: string,
  pids: readonly number[],
  wanted: WantedThing,
): Promise<Sighting | undefined> {
  for (const pid of pids) {
    const table = await readIfThere(path.join(proc, String(pid), 'mountinfo'));
    // Empty: a process that has ended and waits for its parent.
    if (table === undefined || table === '') continue;
    const lines = parseMountinfo(table);
    const mounts = lines.filter((line) => shows(line, wanted)).map((line) => placed(line, lines));
    return mounts.length === 0 ? undefined : { pid, mounts };
  }
  return undefined;
}

/** Whether a line shows the thing or a directory of it. */
export function shows(line: MountLine, wanted: WantedThing): boolean {
  return isOnDevice(line, wanted) && isAtOrBelow(line.root, wanted.root);
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

/** Finds in its table what a mount lies on. */
export function placed(line: MountLine, table: readonly MountLine[]): PlacedMount {
  const parent = table.find(({ id }) => id === line.parent);
  if (parent === undefined) return { line, place: undefined };
  const inside = path.join(parent.root, path.relative(parent.target, line.target));
  return { line, place: `${parent.device} ${inside}` };
}

/**
 * Those of the mounts that somebody made, rather than copies that the kernel made of our own mount and takes away with
 * it. A copy lies on the same directory and is of the same group. (The group alone says nothing: what a container has
 * mounted is a slave of ours, so that it sees what is mounted below it later.) A copy of a copy counts as a copy: services
 * of the host have namespaces that hand on what they get.
 */
export function claimsAmong(mounts: readonly PlacedMount[], own: PlacedMount | undefined): Set<PlacedMount> {
  const claims = new Set(mounts);
  if (own?.place === undefined || own.line.peerGroup === undefined) return claims;
  const groups = new Set([own.line.peerGroup]);
  const isCopy = ({ line: { peerGroup, masterGroup }, place }: PlacedMount): boolean =>
    place === own.place && [peerGroup, masterGroup].some((group) => group !== undefined && groups.has(group));
  for (let before = -1; before !== claims.size;) {
    before = claims.size;
    for (const mount of claims) {
      if (!isCopy(mount)) continue;
      claims.delete(mount);
      if (mount.line.peerGroup !== undefined) groups.add(mount.line.peerGroup);
    }
  }
  return claims;
}

async function deviceName(device: string): Promise<string | undefined> {
  try {
    return path.basename(await readlink(`/sys/dev/block/${device}`));
  } catch {
    // No disk, as for tmpfs, overlay and btrfs.
    return undefined;
  }
}

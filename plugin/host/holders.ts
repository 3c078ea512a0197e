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

/** A process and its lines that show the thing. */
interface Sighting {
  readonly pid: number;
  readonly lines: readonly MountLine[];
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
    sightings.flatMap(({ lines }) => lines),
    ownMount?.peerGroup,
  );
  const holding = sightings.filter(({ lines }) =>
    lines.some((line) => claims.has(line) && !ownIds.has(line.id)),
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
    const lines = parseMountinfo(table).filter((line) => shows(line, wanted));
    return lines.length === 0 ? undefined : { pid, lines };
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

/**
 * Those of the lines that somebody mounted, rather than copies that the kernel made of our own mount and takes away
 * with it. A copy of a copy counts as a copy: services of the host have namespaces that hand on what they get.
 */
export function claimsAmong(lines: readonly MountLine[], ownPeerGroup: number | undefined): Set<MountLine> {
  const claims = new Set(lines);
  const groups = new Set(ownPeerGroup === undefined ? [] : [ownPeerGroup]);
  const isCopy = ({ peerGroup, masterGroup }: MountLine): boolean =>
    [peerGroup, masterGroup].some((group) => group !== undefined && groups.has(group));
  for (let before = -1; before !== claims.size;) {
    before = claims.size;
    for (const line of claims) {
      if (!isCopy(line)) continue;
      claims.delete(line);
      if (line.peerGroup !== undefined) groups.add(line.peerGroup);
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

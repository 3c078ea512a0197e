import { createHash } from 'node:crypto';

/** Enough of a volume's name to be recognised among the disks of a project. */
const SLUG_LENGTH = 20;
/** So many digits that no two volumes of a project ever meet. */
const HASH_LENGTH = 20;
/** Milliseconds in letters and digits, which keeps the names of snapshots short. */
const RADIX = 36;

/** A disk or a machine: GCE keeps their names apart in one zone only. */
export interface Place {
  readonly zone: string;
  readonly name: string;
}

/** What a disk or a machine is known by outside GCE: `europe-west3-a/db`. */
export function idOf({ zone, name }: Place): string {
  return `${zone}/${name}`;
}

/** The opposite of `idOf`. */
export function placeOf(id: string): Place {
  const at = id.indexOf('/');
  return { zone: id.slice(0, Math.max(at, 0)), name: id.slice(at + 1) };
}

/** The place in a link such as `https://…/projects/p/zones/z/instances/n`; undefined when it has none. */
export function placeInLink(link: string): Place | undefined {
  const [, zone, name] = /(?:^|\/)zones\/([^/]+)\/[a-zA-Z]+\/([^/]+)$/.exec(link) ?? [];
  return zone === undefined || name === undefined ? undefined : { zone, name };
}

/** The last part of a link, which is the name of what it links to. */
export function lastOf(link: string): string {
  return link.slice(link.lastIndexOf('/') + 1);
}

/**
 * The disk of a volume has this name, always: of two nodes that create one volume GCE refuses the slower. The name is for
 * people; which volume a disk is, its labels say.
 */
export function diskNameOf(cluster: string, volume: string): string {
  const slug = volume
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, SLUG_LENGTH)
    .replace(/^-|-$/g, '');
  return ['stowage', slug, hashOf(cluster, volume)].filter((part) => part !== '').join('-');
}

/** The name of a snapshot that is taken of the volume at this time. */
export function snapshotNameOf(cluster: string, volume: string, now: number): string {
  return `${diskNameOf(cluster, volume)}-${now.toString(RADIX)}`;
}

/** Tells one volume from every other, in few letters that every field of GCE takes. */
export function hashOf(cluster: string, volume: string): string {
  return createHash('sha256').update(`${cluster}\n${volume}`).digest('hex').slice(0, HASH_LENGTH);
}

import { type Ec2Error, refusal } from './error.ts';
import type { Instance, Resource, Snapshot, Volume } from './model.ts';
import type { World } from './world.ts';

const ID = /^[a-z]+-[0-9a-f]{8,17}$/;

/** The volume of this ID. */
export function volumeOf(world: World, id: string): Volume {
  return named(world, world.volumes, [id], volumeWords)[0] as Volume;
}

/** The snapshot of this ID. */
export function snapshotOf(world: World, id: string): Snapshot {
  return named(world, world.snapshots, [id], snapshotWords)[0] as Snapshot;
}

/** The instance of this ID; a terminated one is there for a while. */
export function instanceOf(world: World, id: string): Instance {
  return named(world, world.instances, [id], instanceWords)[0] as Instance;
}

/** Volumes by their IDs, or all. One that is missing fails the whole call. */
export function volumesOf(world: World, ids: readonly string[] | undefined): Volume[] {
  return named(world, world.volumes, ids, volumeWords);
}

/** Snapshots by their IDs, or all. */
export function snapshotsOf(world: World, ids: readonly string[] | undefined): Snapshot[] {
  return named(world, world.snapshots, ids, snapshotWords);
}

/** Instances by their IDs, or all. */
export function instancesOf(world: World, ids: readonly string[] | undefined): Instance[] {
  return named(world, world.instances, ids, instanceWords);
}

interface Words {
  readonly prefix: string;
  readonly malformed: (id: string) => Ec2Error;
  readonly absent: (id: string) => Ec2Error;
}

const volumeWords: Words = {
  prefix: 'vol-',
  malformed: (id) => invalid(id, 'volumes', 'vol'),
  absent: (id) => refusal('InvalidVolume.NotFound', `The volume '${id}' does not exist.`),
};

const snapshotWords: Words = {
  prefix: 'snap-',
  malformed: (id) => invalid(id, 'snapshotId', 'snap'),
  absent: (id) => refusal('InvalidSnapshot.NotFound', `The snapshot '${id}' does not exist.`),
};

const instanceWords: Words = {
  prefix: 'i-',
  malformed: (id) => refusal('InvalidInstanceID.Malformed', `Invalid id: "${id}"`),
  absent: (id) => refusal('InvalidInstanceID.NotFound', `The instance ID '${id}' does not exist`),
};

function invalid(id: string, parameter: string, prefix: string): Ec2Error {
  const words = `Value (${id}) for parameter ${parameter} is invalid. Expected: '${prefix}-...'.`;
  return refusal('InvalidParameterValue', words);
}

function named<Kind extends Resource>(
  world: World,
  all: ReadonlyMap<string, Kind>,
  ids: readonly string[] | undefined,
  words: Words,
): Kind[] {
  if (ids === undefined || ids.length === 0) {
    return [...all.values()].filter((resource) => resource.visibleAt <= world.now);
  }
  for (const id of ids) if (!id.startsWith(words.prefix) || !ID.test(id)) throw words.malformed(id);
  return [...new Set(ids)].map((id) => {
    const resource = all.get(id);
    if (resource === undefined || resource.visibleAt > world.now) throw words.absent(id);
    return resource;
  });
}

import { alreadyExists, invalid, notFound, notReady } from '../error.ts';
import { newLabels, replaceLabels } from '../labels.ts';
import { parseLink } from '../links.ts';
import type { Disk, Snapshot } from '../model.ts';
import type { Operation } from '../operation-engine.ts';
import { pageOf } from '../paging.ts';
import { contentId, snapshotContentId, type World } from '../world.ts';
import { accept, allow, type Call, part, textOf, zoneOf } from './handler.ts';
import { descriptionOf } from './insert-disk.ts';
import { showSnapshot, snapshotLink } from './show.ts';

/** disks.createSnapshot: an operation of the disk's zone. */
export function createSnapshot(call: Call): Operation {
  const zone = zoneOf(call);
  return take(call, call.world.disk(zone, part(call, 'disk')), zone);
}

/** snapshots.insert: the same, but a global operation. */
export function insertSnapshot(call: Call): Operation {
  const { world, body } = call;
  const link = textOf(body, 'sourceDisk');
  const parsed = parseLink(link ?? '', 'disks', world.parts.project);
  if (parsed?.zone === undefined) throw invalid('resource.sourceDisk', link, 'The URL is malformed.');
  return take(call, world.disk(parsed.zone, parsed.name), undefined);
}

function take(call: Call, disk: Disk, zone: string | undefined): Operation {
  const { world, body } = call;
  const name = textOf(body, 'name') ?? '';
  const target = snapshotLink(world, { name });
  allow(call, 'disks.createSnapshot', world.diskLink(disk));
  allow(call, 'snapshots.create', target);
  if (disk.status !== 'READY') throw notReady(world.diskLink(disk));
  if (world.snapshots.has(name)) throw alreadyExists(target);
  const snapshot: Snapshot = {
    id: world.newId(),
    name,
    description: descriptionOf(body),
    createdAt: world.now,
    diskSizeGb: disk.sizeGb,
    sourceDisk: world.diskLink(disk),
    sourceDiskId: disk.id,
    status: 'CREATING',
    ...newLabels((body['labels'] ?? {}) as Record<string, string>),
  };
  world.snapshots.set(name, snapshot);
  return accept(call, {
    type: zone === undefined ? 'insert' : 'createSnapshot',
    zone,
    target: zone === undefined ? target : world.diskLink(disk),
    targetId: zone === undefined ? snapshot.id : disk.id,
    subject: target,
    delay: 'snapshot',
    work: async () => {
      await world.parts.store.copy(contentId(disk), snapshotContentId(snapshot));
      snapshot.status = 'UPLOADING';
      world.operations.later('upload', target, () => {
        if (snapshot.status === 'UPLOADING') snapshot.status = 'READY';
      });
    },
    undo: () => void world.snapshots.delete(name),
  });
}

/** snapshots.get */
export function getSnapshot(call: Call): object {
  const snapshot = find(call.world, part(call, 'snapshot'));
  allow(call, 'snapshots.get', snapshotLink(call.world, snapshot));
  return showSnapshot(call.world, snapshot);
}

/** snapshots.list */
export function listSnapshots(call: Call): object {
  const { world, query } = call;
  allow(call, 'snapshots.list', `projects/${world.parts.project}`);
  const all = [...world.snapshots.values()].map(
    (snapshot) => showSnapshot(world, snapshot) as { readonly name: string },
  );
  return { kind: 'compute#snapshotList', ...pageOf(all, query, ({ name }) => name) };
}

/** snapshots.delete */
export function deleteSnapshot(call: Call): Operation {
  const { world } = call;
  const snapshot = find(world, part(call, 'snapshot'));
  const target = snapshotLink(world, snapshot);
  allow(call, 'snapshots.delete', target);
  if (snapshot.status === 'CREATING' || snapshot.status === 'DELETING') throw notReady(target);
  const before = snapshot.status;
  snapshot.status = 'DELETING';
  return accept(call, {
    ...globally(target, snapshot),
    type: 'delete',
    delay: 'delete',
    work: async () => {
      await world.parts.store.remove(snapshotContentId(snapshot));
      world.snapshots.delete(snapshot.name);
    },
    undo: () => void (snapshot.status = before),
  });
}

/** snapshots.setLabels */
export function setSnapshotLabels(call: Call): Operation {
  const { world, body } = call;
  const snapshot = find(world, part(call, 'resource'));
  const target = snapshotLink(world, snapshot);
  allow(call, 'snapshots.setLabels', target);
  const labels = body['labels'] as Record<string, string> | undefined;
  replaceLabels(snapshot, labels, textOf(body, 'labelFingerprint'));
  return accept(call, {
    ...globally(target, snapshot),
    type: 'setLabels',
    delay: 'labels',
    work: () => undefined,
  });
}

function globally(target: string, { id }: Snapshot): { zone: undefined; target: string; targetId: string } {
  return { zone: undefined, target, targetId: id };
}

function find(world: World, nameOrId: string): Snapshot {
  const found =
    world.snapshots.get(nameOrId) ?? [...world.snapshots.values()].find(({ id }) => id === nameOrId);
  if (found === undefined) throw notFound(snapshotLink(world, { name: nameOrId }));
  return found;
}

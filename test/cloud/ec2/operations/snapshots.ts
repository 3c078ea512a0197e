import type {
  CreateSnapshotCommandInput,
  DeleteSnapshotCommandInput,
  DescribeSnapshotsCommandInput,
} from '@aws-sdk/client-ec2';
import { refusal } from '../error.ts';
import { applyFilters, type FilterTable } from '../filters.ts';
import { snapshotOf, snapshotsOf, volumeOf } from '../look-up.ts';
import type { Snapshot } from '../model.ts';
import { pageOf } from '../paging.ts';
import { tagSet, tagsFor } from '../tag-rules.ts';
import type { World } from '../world.ts';
import type { XmlValue } from '../xml.ts';
import { DONE, type Operation } from './operation.ts';

/** CreateSnapshot: what it holds is fixed when it answers; `pending` until it has been copied. */
export const createSnapshot: Operation<CreateSnapshotCommandInput> = (world, input) => {
  const volume = volumeOf(world, input.VolumeId ?? '');
  if (volume.state !== 'available' && volume.state !== 'in-use') {
    throw refusal('IncorrectState', `The volume '${volume.id}' is '${volume.state}'.`);
  }
  const tags = tagsFor('snapshot', input.TagSpecifications);
  const last = [...world.snapshots.values()].findLast(({ volumeId }) => volumeId === volume.id);
  if (last?.state === 'pending' && world.now - last.startedAt < world.parts.snapshotPauseMs) {
    const words = `The maximum per volume CreateSnapshot request rate has been exceeded. Use an increasing or variable sleep interval between requests.`;
    throw refusal('SnapshotCreationPerVolumeRateExceeded', words);
  }
  return async () => {
    const snapshot: Snapshot = {
      ...world.newResource('snap'),
      tags,
      volumeId: volume.id,
      sizeGib: volume.shape.sizeGib,
      encrypted: volume.encrypted,
      description: input.Description ?? '',
      startedAt: world.now,
      state: 'pending',
    };
    world.snapshots.set(snapshot.id, snapshot);
    await world.parts.store.copy(volume.id, snapshot.id);
    world.later('snapshot', snapshot.id, () => {
      snapshot.state = 'completed';
    });
    return snapshotAnswer(world, snapshot);
  };
};

/** DeleteSnapshot. Volumes made from it keep what they hold. */
export const deleteSnapshot: Operation<DeleteSnapshotCommandInput> = (world, input) => {
  const snapshot = snapshotOf(world, input.SnapshotId ?? '');
  return async () => {
    world.snapshots.delete(snapshot.id);
    await world.parts.store.remove(snapshot.id);
    return DONE;
  };
};

const FILTERS: FilterTable<Snapshot> = {
  description: ({ description }) => [description],
  encrypted: ({ encrypted }) => [encrypted],
  progress: (snapshot) => [progressOf(snapshot)],
  'snapshot-id': ({ id }) => [id],
  'start-time': ({ startedAt }) => [new Date(startedAt).toISOString()],
  status: ({ state }) => [state],
  'volume-id': ({ volumeId }) => [volumeId],
  'volume-size': ({ sizeGib }) => [sizeGib],
};

/** DescribeSnapshots. There are none but the account's own. */
export const describeSnapshots: Operation<DescribeSnapshotsCommandInput> = (world, input) => {
  const snapshots = snapshotsOf(world, input.SnapshotIds);
  const owners = input.OwnerIds ?? ['self'];
  const own = owners.includes('self') || owners.includes(world.parts.account);
  const found = applyFilters(input.Filters, own ? snapshots : [], FILTERS, ({ tags }) => tags);
  const page = pageOf(world, 'DescribeSnapshots', input, (input.SnapshotIds ?? []).length > 0, found);
  return () => ({
    snapshotSet: page.items.map((snapshot) => snapshotAnswer(world, snapshot)),
    nextToken: page.nextToken,
  });
};

function snapshotAnswer(world: World, snapshot: Snapshot): XmlValue {
  return {
    snapshotId: snapshot.id,
    volumeId: snapshot.volumeId,
    status: snapshot.state,
    startTime: new Date(snapshot.startedAt),
    progress: progressOf(snapshot),
    ownerId: world.parts.account,
    volumeSize: snapshot.sizeGib,
    description: snapshot.description,
    encrypted: snapshot.encrypted,
    tagSet: tagSet(snapshot.tags),
  };
}

function progressOf(snapshot: Snapshot): string {
  return snapshot.state === 'completed' ? '100%' : '';
}

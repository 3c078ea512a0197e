import type { Snapshot, Tag, Volume } from '@aws-sdk/client-ec2';
import type { Attachment, CloudDisk, CloudSnapshot } from '../block/cloud.ts';
import { recordOf, TAG, type Tags } from './record-tags.ts';
import { bytesOf } from './volume-types.ts';

/** A volume of EC2 as the skeleton of all cloud disks sees it. */
export function diskOf(volume: Volume, cluster: string): CloudDisk {
  const id = volume.VolumeId ?? '';
  return {
    id,
    zone: volume.AvailabilityZone ?? '',
    sizeBytes: bytesOf(volume.Size ?? 0),
    state: stateOf(volume),
    attachments: attachmentsOf(volume),
    sharable: volume.MultiAttachEnabled === true,
    // What an EBS disk tells by NVMe: the ID without its dash.
    serial: id.replace('-', ''),
    madeAt: volume.CreateTime ?? new Date(0),
    record: recordOf(textsOf(volume.Tags), cluster),
    facts: factsOf(volume),
  };
}

function attachmentsOf({ Attachments = [] }: Volume): Attachment[] {
  return Attachments.flatMap(({ InstanceId: machine, State }) => {
    if (machine === undefined || State === 'detached') return [];
    // `busy`: asked to leave, and the instance still uses it.
    return [{ machine, state: State === 'attached' || State === 'attaching' ? State : 'detaching' }];
  });
}

function stateOf({ State }: Volume): CloudDisk['state'] {
  switch (State) {
    case 'creating':
      return 'pending';
    case 'available':
    case 'in-use':
      return 'ready';
    case 'deleting':
    case 'deleted':
      return 'deleting';
    default:
      return 'failed';
  }
}

function factsOf(volume: Volume): Record<string, string> {
  const { VolumeType, Iops, Throughput, Encrypted } = volume;
  return {
    ...(VolumeType !== undefined && { volumeType: VolumeType }),
    ...(Iops !== undefined && { iops: String(Iops) }),
    ...(Throughput !== undefined && { throughput: String(Throughput) }),
    encrypted: String(Encrypted ?? false),
  };
}

/** A snapshot of EC2 as the skeleton of all cloud disks sees it. */
export function snapshotOf(snapshot: Snapshot): CloudSnapshot {
  const { State } = snapshot;
  return {
    id: snapshot.SnapshotId ?? '',
    sizeBytes: bytesOf(snapshot.VolumeSize ?? 0),
    state: State === 'completed' ? 'ready' : State === 'error' ? 'failed' : 'pending',
    machine: textsOf(snapshot.Tags)[TAG.machine],
    madeAt: snapshot.StartTime ?? new Date(0),
  };
}

/** Tags by key. */
export function textsOf(tags: readonly Tag[] | undefined): Tags {
  return Object.fromEntries((tags ?? []).map(({ Key = '', Value = '' }) => [Key, Value]));
}

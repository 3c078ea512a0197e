import type { protos } from '@google-cloud/compute';
import type { CloudDisk, CloudSnapshot } from '../block/cloud.ts';
import { idOf, lastOf, placeInLink } from './names.ts';
import { recordOf, takerOf, type Labels } from './record-labels.ts';
import { bytesOf } from './volume-types.ts';

type Disk = protos.google.cloud.compute.v1.IDisk;
type Snapshot = protos.google.cloud.compute.v1.ISnapshot;

/** A disk of GCE as the skeleton of all cloud disks sees it. */
export function diskOf(disk: Disk, cluster: string): CloudDisk {
  const name = disk.name ?? '';
  const record = recordOf(labelsIn(disk), cluster);
  return {
    id: idOf({ zone: lastOf(disk.zone ?? ''), name }),
    zone: lastOf(disk.zone ?? ''),
    sizeBytes: bytesOf(numberIn(disk.sizeGb)),
    state: stateOf(disk),
    // GCE shows only what has arrived, and until it has left.
    attachments: (disk.users ?? []).flatMap((link) => {
      const place = placeInLink(link);
      return place === undefined ? [] : [{ machine: idOf(place), state: 'attached' as const }];
    }),
    sharable: isSharable(disk, record?.given['readOnly'] === 'true'),
    // We attach each disk under its own name; under which it is attached now only its machine tells.
    serial: name,
    madeAt: timeIn(disk.creationTimestamp),
    record,
    facts: factsOf(disk),
  };
}

/** Labels of a resource. */
export function labelsIn({ labels }: { readonly labels?: Labels | null }): Labels {
  return labels ?? {};
}

/**
 * Hyperdisks have modes for it. A Persistent Disk may be on many machines while none of them writes, and GCE does not tell
 * whether one does; a read-only volume is nowhere else but where Stowage attached it read-only.
 */
function isSharable({ type, accessMode }: Disk, readOnly: boolean): boolean {
  if (accessMode === 'READ_ONLY_MANY' || accessMode === 'READ_WRITE_MANY') return true;
  return readOnly && lastOf(type ?? '').startsWith('pd-');
}

function stateOf({ status }: Disk): CloudDisk['state'] {
  switch (status) {
    case 'READY':
      return 'ready';
    case 'DELETING':
      return 'deleting';
    case 'FAILED':
      return 'failed';
    default:
      // Being made, restored, or out of reach for a while.
      return 'pending';
  }
}

function factsOf(disk: Disk): Record<string, string> {
  const { type, provisionedIops, provisionedThroughput, diskEncryptionKey } = disk;
  return {
    volumeType: lastOf(type ?? ''),
    ...(isSet(provisionedIops) && { iops: String(provisionedIops) }),
    ...(isSet(provisionedThroughput) && { throughput: String(provisionedThroughput) }),
    ...(isSet(diskEncryptionKey?.kmsKeyName) && { kmsKeyId: String(diskEncryptionKey?.kmsKeyName) }),
  };
}

/** A snapshot of GCE as the skeleton of all cloud disks sees it. */
export function snapshotOf(snapshot: Snapshot): CloudSnapshot {
  return {
    id: snapshot.name ?? '',
    sizeBytes: bytesOf(numberIn(snapshot.diskSizeGb)),
    state: snapshot.status === 'READY' ? 'ready' : snapshotPending(snapshot) ? 'pending' : 'failed',
    machine: takerOf(labelsIn(snapshot)),
    madeAt: timeIn(snapshot.creationTimestamp),
  };
}

function snapshotPending({ status }: Snapshot): boolean {
  return status === 'CREATING' || status === 'UPLOADING';
}

/** 64-bit numbers are text on the wire, and may be objects in the SDK. */
function numberIn(value: Disk['sizeGb']): number {
  return Number(value ?? 0);
}

function timeIn(text: string | null | undefined): Date {
  const time = new Date(text ?? 0);
  return Number.isNaN(time.getTime()) ? new Date(0) : time;
}

function isSet(value: unknown): boolean {
  return value !== undefined && value !== null && value !== '';
}

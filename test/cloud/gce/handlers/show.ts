import { global, LINK_ROOT, timestamp, zonal } from '../links.ts';
import type { Disk, Instance, Snapshot } from '../model.ts';
import type { Operation } from '../operation-engine.ts';
import type { World } from '../world.ts';

/** A disk as the API shows it. 64-bit numbers are text; members without a value are left out. */
export function showDisk(world: World, disk: Disk): object {
  const { project } = world.parts;
  const users = world.usersOf(disk).map(({ instance }) => LINK_ROOT + world.instanceLink(instance));
  return {
    kind: 'compute#disk',
    id: disk.id,
    name: disk.name,
    description: disk.description,
    creationTimestamp: timestamp(disk.createdAt),
    sizeGb: String(disk.sizeGb),
    physicalBlockSizeBytes: '4096',
    zone: `${LINK_ROOT}projects/${project}/zones/${disk.zone}`,
    type: LINK_ROOT + zonal(project, disk.zone, 'diskTypes', disk.type),
    status: disk.status,
    selfLink: LINK_ROOT + world.diskLink(disk),
    labelFingerprint: disk.labelFingerprint,
    ...(Object.keys(disk.labels).length > 0 && { labels: disk.labels }),
    ...(users.length > 0 && { users }),
    ...(disk.iops !== undefined && { provisionedIops: String(disk.iops) }),
    ...(disk.throughput !== undefined && { provisionedThroughput: String(disk.throughput) }),
    ...(disk.type.startsWith('hyperdisk') && { accessMode: disk.accessMode }),
    ...(disk.lastAttachAt !== undefined && { lastAttachTimestamp: timestamp(disk.lastAttachAt) }),
    ...(disk.lastDetachAt !== undefined && { lastDetachTimestamp: timestamp(disk.lastDetachAt) }),
    ...(disk.sourceSnapshot && {
      sourceSnapshot: LINK_ROOT + snapshotLink(world, disk.sourceSnapshot),
      sourceSnapshotId: disk.sourceSnapshot.id,
    }),
  };
}

/** `projects/p/global/snapshots/s`. */
export function snapshotLink(world: World, { name }: Pick<Snapshot, 'name'>): string {
  return global(world.parts.project, 'snapshots', name);
}

/** A snapshot as the API shows it. */
export function showSnapshot(world: World, snapshot: Snapshot): object {
  return {
    kind: 'compute#snapshot',
    id: snapshot.id,
    name: snapshot.name,
    description: snapshot.description,
    creationTimestamp: timestamp(snapshot.createdAt),
    diskSizeGb: String(snapshot.diskSizeGb),
    sourceDisk: LINK_ROOT + snapshot.sourceDisk,
    sourceDiskId: snapshot.sourceDiskId,
    status: snapshot.status,
    snapshotType: 'STANDARD',
    selfLink: LINK_ROOT + snapshotLink(world, snapshot),
    labelFingerprint: snapshot.labelFingerprint,
    ...(Object.keys(snapshot.labels).length > 0 && { labels: snapshot.labels }),
  };
}

/** An instance as the API shows it, as far as disks matter. */
export function showInstance(world: World, instance: Instance): object {
  const { project } = world.parts;
  return {
    kind: 'compute#instance',
    id: instance.id,
    name: instance.name,
    creationTimestamp: timestamp(instance.createdAt),
    zone: `${LINK_ROOT}projects/${project}/zones/${instance.zone}`,
    machineType: LINK_ROOT + zonal(project, instance.zone, 'machineTypes', instance.machineType),
    status: instance.status,
    selfLink: LINK_ROOT + world.instanceLink(instance),
    labels: instance.labels,
    disks: instance.disks.map(({ disk, deviceName, mode, index, boot, autoDelete }) => ({
      kind: 'compute#attachedDisk',
      type: 'PERSISTENT',
      mode,
      source: LINK_ROOT + world.diskLink(disk),
      deviceName,
      index,
      boot,
      autoDelete,
      interface: 'SCSI',
      diskSizeGb: String(disk.sizeGb),
    })),
  };
}

/** An operation as the API shows it. */
export function showOperation(world: World, operation: Operation): object {
  const { project } = world.parts;
  const { zone, failure, startedAt, endedAt } = operation;
  const place = zone === undefined ? 'global' : `zones/${zone}`;
  return {
    kind: 'compute#operation',
    id: operation.id,
    name: operation.name,
    operationType: operation.type,
    targetLink: LINK_ROOT + operation.target,
    targetId: operation.targetId,
    status: operation.status,
    progress: operation.status === 'DONE' ? 100 : 0,
    user: operation.user,
    insertTime: timestamp(operation.insertedAt),
    selfLink: `${LINK_ROOT}projects/${project}/${place}/operations/${operation.name}`,
    ...(zone !== undefined && { zone: `${LINK_ROOT}projects/${project}/zones/${zone}` }),
    ...(startedAt !== undefined && { startTime: timestamp(startedAt) }),
    ...(endedAt !== undefined && { endTime: timestamp(endedAt) }),
    ...(failure && {
      error: { errors: [{ code: failure.code, message: failure.message }] },
      httpErrorStatusCode: failure.status,
      httpErrorMessage: failure.status === 403 ? 'FORBIDDEN' : 'BAD REQUEST',
    }),
  };
}

import { checkAccessMode, checkSize, performanceOf } from '../disk-types.ts';
import { GceError, inUseBy, invalid, notReady } from '../error.ts';
import { replaceLabels } from '../labels.ts';
import type { AccessMode, Disk } from '../model.ts';
import type { Operation } from '../operation-engine.ts';
import { contentId, GIBIBYTE } from '../world.ts';
import { accept, allow, type Call, numberOf, part, textOf, zoneOf } from './handler.ts';

/** disks.delete */
export function deleteDisk(call: Call): Operation {
  const { world } = call;
  const disk = world.disk(zoneOf(call), part(call, 'disk'));
  const target = world.diskLink(disk);
  allow(call, 'disks.delete', target);
  const key = `${disk.zone}/${disk.name}`;
  const [user] = world.usersOf(disk);
  if (user !== undefined) {
    world.note('delete-attached-refused', key, `it is used by ${user.instance.name}`);
    const words = inUseBy(target, world.instanceLink(user.instance));
    throw new GceError(400, 'resourceInUseByAnotherResource', words);
  }
  if (disk.status !== 'READY' && disk.status !== 'FAILED') throw notReady(target);
  const before = disk.status;
  disk.status = 'DELETING';
  return accept(call, {
    type: 'delete',
    ...subjectOf(call, disk),
    delay: 'delete',
    work: async () => {
      await world.parts.store.remove(contentId(disk));
      world.disks.delete(key);
    },
    undo: () => void (disk.status = before),
  });
}

/** disks.resize */
export function resizeDisk(call: Call): Operation {
  const disk = changing(call, 'disk', 'disks.resize');
  const sizeGb = numberOf(call.body, 'sizeGb') ?? 0;
  checkGrowth(disk, sizeGb);
  return accept(call, {
    type: 'resizeDisk',
    ...subjectOf(call, disk),
    delay: 'resize',
    work: async () => await grow(call, disk, sizeGb),
  });
}

/** disks.update */
export function updateDisk(call: Call): Operation {
  const { body } = call;
  const disk = changing(call, 'disk', 'disks.update');
  const fields = fieldsOf(call);
  const has = (name: string): boolean => fields.includes(name);
  const sizeGb = (has('sizeGb') ? numberOf(body, 'sizeGb') : undefined) ?? disk.sizeGb;
  if (sizeGb !== disk.sizeGb) checkGrowth(disk, sizeGb);
  const performance = performanceOf(disk.type, sizeGb, {
    iops: has('provisionedIops') ? numberOf(body, 'provisionedIops') : disk.iops,
    throughput: has('provisionedThroughput') ? numberOf(body, 'provisionedThroughput') : disk.throughput,
  });
  const accessMode = (has('accessMode') ? textOf(body, 'accessMode') : disk.accessMode) as AccessMode;
  checkModeChange(call, disk, accessMode);
  return accept(call, {
    type: 'update',
    ...subjectOf(call, disk),
    delay: 'update',
    work: async () => {
      if (sizeGb > disk.sizeGb) await grow(call, disk, sizeGb);
      Object.assign(disk, performance, { accessMode });
    },
  });
}

/** disks.setLabels */
export function setDiskLabels(call: Call): Operation {
  const { body, world } = call;
  const disk = world.disk(zoneOf(call), part(call, 'resource'));
  allow(call, 'disks.setLabels', world.diskLink(disk));
  // At once, so that of two with the same fingerprint only one is accepted.
  const labels = body['labels'] as Record<string, string> | undefined;
  replaceLabels(disk, labels, textOf(body, 'labelFingerprint'));
  return accept(call, {
    type: 'setLabels',
    ...subjectOf(call, disk),
    delay: 'labels',
    work: () => undefined,
  });
}

function changing(call: Call, parameter: string, permission: string): Disk {
  const disk = call.world.disk(zoneOf(call), part(call, parameter));
  allow(call, permission, call.world.diskLink(disk));
  if (disk.status !== 'READY') throw notReady(call.world.diskLink(disk));
  return disk;
}

const UPDATABLE = ['sizeGb', 'provisionedIops', 'provisionedThroughput', 'accessMode'];

/** What the mask names; without a mask, what the body has. */
function fieldsOf({ query, body }: Call): string[] {
  const mask = query['updateMask'] ?? query['paths'];
  const fields = mask?.split(',') ?? Object.keys(body).filter((name) => UPDATABLE.includes(name));
  const wrong = fields.find((field) => !UPDATABLE.includes(field));
  if (wrong !== undefined) throw invalid('updateMask', wrong, 'The field cannot be updated.');
  return fields;
}

function checkModeChange({ world }: Call, disk: Disk, mode: AccessMode): void {
  if (mode === disk.accessMode) return;
  checkAccessMode(disk.type, mode);
  if (world.usersOf(disk).length === 0) return;
  throw invalid('resource.accessMode', mode, 'The access mode of an attached disk cannot be changed.');
}

function checkGrowth(disk: Disk, sizeGb: number): void {
  if (sizeGb <= disk.sizeGb) {
    const why = `New disk size '${String(sizeGb)}' GiB must be larger than existing size '${String(disk.sizeGb)}' GiB.`;
    throw invalid('sizeGb', sizeGb, why);
  }
  checkSize(disk.type, sizeGb);
}

async function grow({ world }: Call, disk: Disk, sizeGb: number): Promise<void> {
  // Two requests may have been accepted; the larger one wins.
  if (sizeGb <= disk.sizeGb) return;
  await world.parts.store.grow(contentId(disk), sizeGb * GIBIBYTE);
  disk.sizeGb = sizeGb;
  for (const { instance } of world.usersOf(disk)) {
    await world.parts.bay.resized(instance.name, contentId(disk), sizeGb * GIBIBYTE);
  }
}

function subjectOf({ world }: Call, disk: Disk): { zone: string; target: string; targetId: string } {
  return { zone: disk.zone, target: world.diskLink(disk), targetId: disk.id };
}

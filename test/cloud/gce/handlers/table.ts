import { aggregateDisks, getDisk, listDisks } from './disk-reads.ts';
import { attachDisk } from './attach-disk.ts';
import { getDiskType, getMachineType, getZone, listDiskTypes, listZones } from './catalog.ts';
import { deleteDisk, resizeDisk, setDiskLabels, updateDisk } from './change-disk.ts';
import type { Handler, Mutation } from './handler.ts';
import { insertDisk } from './insert-disk.ts';
import { detachDisk, getInstance, listInstances } from './instances.ts';
import { deleteOperation, getOperation, listOperations, waitForOperation } from './operations.ts';
import {
  createSnapshot,
  deleteSnapshot,
  getSnapshot,
  insertSnapshot,
  listSnapshots,
  setSnapshotLabels,
} from './snapshots.ts';

/** Methods that answer with an operation, and that a request ID makes repeatable. */
export const MUTATIONS: Readonly<Record<string, Mutation>> = {
  'disks.insert': insertDisk,
  'disks.delete': deleteDisk,
  'disks.resize': resizeDisk,
  'disks.createSnapshot': createSnapshot,
  'disks.setLabels': setDiskLabels,
  'disks.update': updateDisk,
  'snapshots.insert': insertSnapshot,
  'snapshots.delete': deleteSnapshot,
  'snapshots.setLabels': setSnapshotLabels,
  'instances.attachDisk': attachDisk,
  'instances.detachDisk': detachDisk,
};

/** All others. */
export const READS: Readonly<Record<string, Handler>> = {
  'disks.get': getDisk,
  'disks.list': listDisks,
  'disks.aggregatedList': aggregateDisks,
  'snapshots.get': getSnapshot,
  'snapshots.list': listSnapshots,
  'instances.get': getInstance,
  'instances.list': listInstances,
  'zoneOperations.get': getOperation,
  'zoneOperations.list': listOperations,
  'zoneOperations.wait': waitForOperation,
  'zoneOperations.delete': deleteOperation,
  'globalOperations.get': getOperation,
  'globalOperations.wait': waitForOperation,
  'zones.get': getZone,
  'zones.list': listZones,
  'diskTypes.get': getDiskType,
  'diskTypes.list': listDiskTypes,
  'machineTypes.get': getMachineType,
};

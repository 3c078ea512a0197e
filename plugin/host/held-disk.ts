import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import type { Disk } from '../core/ports/host.ts';
import { deviceNode, deviceOf } from './device-nodes.ts';
import { sizeOf } from './device-reading.ts';
import { errnoOf } from './system-call-error.ts';
import type { ShownDisk } from './sysfs-disks.ts';

/** What opening says when the disk has gone, or has not quite come. */
const NOT_THERE = new Set(['ENXIO', 'ENODEV', 'ENOENT', 'ENOMEDIUM']);

/** A disk that could not be held; the reason is a sentence's end. */
export interface NotHeld {
  readonly reason: string;
}

/**
 * Opens what sysfs shows and proves that it is that. `look` reads sysfs: once before, for the numbers, and once
 * afterwards. In between the disk may have been swapped for another; but what is open keeps its numbers, so what sysfs
 * says of these numbers *afterwards* is about the disk that was opened.
 */
export async function holdDisk(
  look: () => Promise<ShownDisk | undefined>,
  nodeDirectory: string,
): Promise<Disk | NotHeld> {
  const before = await look();
  if (before === undefined) return { reason: 'it has gone' };
  const { name, device } = before;
  // With the numbers in its name, a node of ours never comes to mean the next disk that is called the same.
  const ownName = `${name}-${device.replace(':', '-')}`;
  const node = await deviceNode({ name, kind: 'block', device, ownName }, nodeDirectory);
  let handle: FileHandle | undefined;
  try {
    handle = await open(node, constants.O_RDONLY);
    const fault = await differs(handle, before, await look());
    if (fault !== undefined) {
      await handle.close();
      return { reason: fault };
    }
  } catch (error) {
    await handle?.close();
    if (NOT_THERE.has(errnoOf(error) ?? '')) return { reason: 'it has gone' };
    throw error;
  }
  const held = handle;
  const { sizeBytes, description } = before;
  return { path: node, device, sizeBytes, description, release: () => held.close() };
}

/** How the open device differs from what sysfs says; undefined when it does not. */
async function differs(
  handle: FileHandle,
  before: ShownDisk,
  after: ShownDisk | undefined,
): Promise<string | undefined> {
  if (after === undefined) return 'it has gone';
  const facts = await handle.stat({ bigint: true });
  const opened = facts.isBlockDevice() ? deviceOf(facts.rdev) : 'no device';
  for (const [what, left, right] of [
    ['device number', opened, after.device],
    ['device number', before.device, after.device],
    ['serial', before.serial, after.serial],
    ['partition', before.partition, after.partition],
    ['size', before.sizeBytes, after.sizeBytes],
  ] as const) {
    if (left !== right) return `its ${what} changed from ${left ?? 'none'} to ${right ?? 'none'}`;
  }
  const size = await sizeOf(handle);
  if (size !== after.sizeBytes)
    return `it has ${size} bytes and the kernel's list of disks says ${after.sizeBytes}`;
  // A disk that is just coming up shows no size for a moment.
  return size === 0 ? 'it has no size yet' : undefined;
}

import { mkdir, readFile, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { errnoOf } from './system-call-error.ts';
import { mknod } from './system-calls.ts';

const S_IFBLK = 0o060000;
const S_IFCHR = 0o020000;

/** A device by its kind and `major:minor`. */
export interface DeviceName {
  /** File name below `/dev`. */
  readonly name: string;
  readonly kind: 'block' | 'character';
  /** `major:minor`. */
  readonly device: string;
  /** Name of a node of our own, where it shall differ. */
  readonly ownName?: string;
}

/** Packs `major:minor` as the C library's makedev(3) does. */
function packDevice(device: string): bigint {
  const [major = 0n, minor = 0n] = device.split(':').map(BigInt);
  return ((major & 0xfffn) << 8n) | ((major & ~0xfffn) << 32n) | (minor & 0xffn) | ((minor & ~0xffn) << 12n);
}

/** `major:minor` of what stat(2) says. */
export function deviceOf(packed: bigint): string {
  const major = ((packed >> 8n) & 0xfffn) | ((packed >> 32n) & ~0xfffn);
  const minor = (packed & 0xffn) | ((packed >> 12n) & 0xffffff00n);
  return `${major}:${minor}`;
}

/**
 * Where a device can be opened: its node in `/dev` when that is the right one, else a node of our own, because a
 * container has a `/dev` of its own without most of them.
 */
export async function deviceNode(wanted: DeviceName, ownDirectory: string): Promise<string> {
  const usual = path.join('/dev', wanted.name);
  if (await isNode(usual, wanted)) return usual;
  const own = path.join(ownDirectory, wanted.ownName ?? wanted.name);
  if (await isNode(own, wanted)) return own;
  await mkdir(ownDirectory, { recursive: true, mode: 0o700 });
  // Left from before a restart of the machine, when the name had other numbers.
  await rm(own, { force: true });
  try {
    mknod(own, (wanted.kind === 'block' ? S_IFBLK : S_IFCHR) | 0o600, packDevice(wanted.device));
  } catch (error) {
    // Made by a call that ran beside this one.
    if (errnoOf(error) !== 'EEXIST' || !(await isNode(own, wanted))) throw error;
  }
  return own;
}

async function isNode(file: string, wanted: DeviceName): Promise<boolean> {
  try {
    const facts = await stat(file, { bigint: true });
    const kind = wanted.kind === 'block' ? facts.isBlockDevice() : facts.isCharacterDevice();
    return kind && facts.rdev === packDevice(wanted.device);
  } catch {
    return false;
  }
}

/** `major:minor` as sysfs tells it; undefined when there is no such device. */
export async function deviceNumber(sysfsDirectory: string): Promise<string | undefined> {
  try {
    return (await readFile(path.join(sysfsDirectory, 'dev'), 'utf8')).trim();
  } catch {
    return undefined;
  }
}

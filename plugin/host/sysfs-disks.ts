import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { clip } from '../core/errors.ts';

/** A disk, or a partition of one, as sysfs shows it. */
export interface ShownDisk {
  /** The kernel's name, e.g. `nvme1n1`; the next disk may have it when this one has gone. */
  readonly name: string;
  /** Its directory in sysfs. */
  readonly directory: string;
  /** `major:minor`. */
  readonly device: string;
  readonly sizeBytes: number;
  /** Undefined where the kernel tells none: loop devices, memory, device mapper, partitions. */
  readonly serial: string | undefined;
  /** Number of a partition; undefined for whole disks. */
  readonly partition: number | undefined;
  /** For a person. */
  readonly description: string;
}

/** The unit of `size`, whatever sectors the disk has. */
const SIZE_UNIT = 512;
/** A page of SCSI's vital product data: peripheral, page code, length, content (SPC-4, 7.8). */
const PAGE = { code: 0x80, codeAt: 1, lengthAt: 2, contentAt: 4 };

/** The whole disks of the machine. */
export async function shownDisks(hostSys: string): Promise<ShownDisk[]> {
  const root = path.join(hostSys, 'block');
  const disks = await Promise.all((await readdir(root)).map((name) => shownDisk(path.join(root, name))));
  return disks.filter((disk) => disk !== undefined);
}

/** One disk; undefined when it has gone, or is only a path to another disk (NVMe shows such without numbers). */
export async function shownDisk(directory: string): Promise<ShownDisk | undefined> {
  const [facts, serial, model] = await Promise.all([
    factsOf(directory),
    serialOf(directory),
    modelOf(directory),
  ]);
  if (facts === undefined) return undefined;
  const known = [model, serial === undefined ? '' : `serial ${clip(serial)}`].filter((text) => text !== '');
  const description = known.length === 0 ? facts.name : `${facts.name} (${known.join(', ')})`;
  return { ...facts, serial, partition: undefined, description };
}

/** The partitions of a disk, by number. */
export async function shownPartitions(disk: ShownDisk): Promise<ShownDisk[]> {
  // Named `sda1` or `nvme1n1p1`: after a digit there has to be a letter.
  const names = (await readdir(disk.directory)).filter((name) => name.startsWith(disk.name));
  const parts = await Promise.all(names.map((name) => shownPartition(disk, path.join(disk.directory, name))));
  return parts
    .filter((part) => part !== undefined)
    .toSorted((left, right) => (left.partition ?? 0) - (right.partition ?? 0));
}

/** One partition; undefined when it has gone or is none. */
export async function shownPartition(disk: ShownDisk, directory: string): Promise<ShownDisk | undefined> {
  const [facts, number] = await Promise.all([factsOf(directory), textOf(directory, 'partition')]);
  if (facts === undefined || number === undefined) return undefined;
  const description = `partition ${number} of ${disk.description}`;
  return { ...facts, serial: undefined, partition: Number(number), description };
}

async function factsOf(
  directory: string,
): Promise<Pick<ShownDisk, 'name' | 'directory' | 'device' | 'sizeBytes'> | undefined> {
  const [device, size] = await Promise.all([textOf(directory, 'dev'), textOf(directory, 'size')]);
  if (device === undefined || size === undefined) return undefined;
  return { name: path.basename(directory), directory, device, sizeBytes: Number(size) * SIZE_UNIT };
}

/** NVMe, then SCSI (`wwid` where the disk has no page of serials), then virtio. */
async function serialOf(directory: string): Promise<string | undefined> {
  return (
    (await textOf(directory, 'device/serial')) ??
    serialInPage(await bytesOf(directory, 'device/vpd_pg80')) ??
    (await textOf(directory, 'device/wwid')) ??
    (await textOf(directory, 'serial'))
  );
}

function serialInPage(page: Buffer | undefined): string | undefined {
  if (page === undefined || page.length <= PAGE.contentAt || page[PAGE.codeAt] !== PAGE.code)
    return undefined;
  const end = PAGE.contentAt + page.readUInt16BE(PAGE.lengthAt);
  return trimmed(page.subarray(PAGE.contentAt, end));
}

async function modelOf(directory: string): Promise<string> {
  const words = await Promise.all([textOf(directory, 'device/vendor'), textOf(directory, 'device/model')]);
  // virtio has a number for the vendor, which tells a person nothing.
  return words.filter((word) => word !== undefined && !word.startsWith('0x')).join(' ');
}

async function textOf(directory: string, file: string): Promise<string | undefined> {
  return trimmed(await bytesOf(directory, file));
}

/** Fields of fixed width are padded with blanks or zeros. */
function trimmed(bytes: Buffer | undefined): string | undefined {
  const text = bytes?.toString('latin1').replaceAll('\0', ' ').trim();
  return text === '' ? undefined : text;
}

/** Undefined when the file is absent, or the disk does not tell (EINVAL) or is going just now (ENODEV, EIO). */
async function bytesOf(directory: string, file: string): Promise<Buffer | undefined> {
  return readFile(path.join(directory, file)).catch(() => undefined);
}

import { execFileSync } from 'node:child_process';
import { closeSync, ftruncateSync, openSync, writeSync } from 'node:fs';
import * as marks from './disk-marks.ts';
import { gpt, mbr } from './partition-tables.ts';

/** Something that may lie on a disk. */
export interface DiskContentCase {
  readonly name: string;
  /** Bytes of the disk. */
  readonly size: number;
  /** Puts it on a blank file of this size. */
  readonly make: (file: string) => void;
  /** What whoever refuses to format it has to say. */
  readonly seen: RegExp;
}

const MIB = 1024 * 1024;
const SMALL = 16 * MIB;
/** The smallest that blkid looks for ZFS on, that mkfs.btrfs and that mkfs.xfs make. */
const [ZFS, BTRFS, XFS] = [64 * MIB, 110 * MIB, 300 * MIB];

/** Makes a blank, sparse file. */
export function makeBlank(file: string, size: number): void {
  const fd = openSync(file, 'w');
  ftruncateSync(fd, size);
  closeSync(fd);
}

/** Writes into a file or a device, as whoever is not Stowage does. */
export function putBytes(file: string, places: readonly marks.DiskBytes[]): void {
  const fd = openSync(file, 'r+');
  for (const { position, bytes } of places) writeSync(fd, bytes, 0, bytes.length, position);
  closeSync(fd);
}

function tool(command: string, ...options: string[]): (file: string) => void {
  return (file) => void execFileSync(command, [...options, file], { stdio: 'ignore' });
}

function bytesAt(position: number, bytes: Buffer): (file: string) => void {
  return (file) => putBytes(file, [{ position, bytes }]);
}

function byHand(
  name: string,
  seen: RegExp,
  places: (size: number) => marks.DiskBytes[],
  size = SMALL,
): DiskContentCase {
  return { name, seen, size, make: (file) => putBytes(file, places(size)) };
}

function data(name: string, position: number, length: number): DiskContentCase {
  const seen = new RegExp(`data of no known format, the first at byte ${String(position)}$`);
  return { name, seen, size: SMALL, make: bytesAt(position, Buffer.alloc(length, 0x5a)) };
}

function inTurn(...steps: readonly ((file: string) => void)[]): (file: string) => void {
  return (file) => {
    for (const step of steps) step(file);
  };
}

/** An ext4 whose superblock's second half is lost: its checksum, which newer versions of blkid look at, is wrong. */
const tornExt4 = inTurn(tool('mkfs.ext4', '-q'), bytesAt(1024 + 512, Buffer.alloc(512, 0xff)));
/** An ext4 whose superblock is lost; its copies are not. */
const headlessExt4 = inTurn(tool('mkfs.ext4', '-q', '-b', '1024'), bytesAt(0, Buffer.alloc(2048)));

/** What a disk may hold that must never be formatted. */
export const diskContents: readonly DiskContentCase[] = [
  { name: 'ext2', size: SMALL, make: tool('mke2fs', '-q', '-t', 'ext2'), seen: /ext2 file system/ },
  { name: 'ext3', size: SMALL, make: tool('mke2fs', '-q', '-t', 'ext3'), seen: /ext3 file system/ },
  { name: 'ext4', size: SMALL, make: tool('mkfs.ext4', '-q'), seen: /ext4 file system/ },
  { name: 'xfs', size: XFS, make: tool('mkfs.xfs', '-q'), seen: /xfs file system/ },
  { name: 'btrfs', size: BTRFS, make: tool('mkfs.btrfs', '-q'), seen: /btrfs file system/ },
  { name: 'swap', size: SMALL, make: tool('mkswap', '--quiet'), seen: /swap \(other\)/ },
  byHand('an LVM physical volume', /LVM2_member \(raid\)/, marks.lvmMarks),
  byHand('LUKS 1', /crypto_LUKS \(crypto\)/, () => marks.luksMarks(1)),
  byHand('LUKS 2', /crypto_LUKS \(crypto\)/, () => marks.luksMarks(2)),
  byHand('a member of a ZFS pool', /zfs_member/, marks.zfsMarks, ZFS),
  byHand('a member of an old software RAID', /linux_raid_member/, marks.oldRaidMarks),
  byHand('a member of a software RAID', /linux_raid_member .*host:data/, marks.raidMarks),
  byHand('bcache', /bcache/, marks.bcacheMarks),
  byHand('ISO 9660', /iso9660 file system named HOLIDAYS/, marks.isoMarks),
  byHand('FAT', /vfat file system/, marks.fatMarks),
  byHand('NTFS', /ntfs file system/, marks.ntfsMarks),
  byHand('exFAT', /exfat file system/, marks.exfatMarks),
  byHand('a boot sector with a partition', /partition table \(dos\)/, (size) => mbr(size, 0x83)),
  byHand('a GPT', /partition table \(gpt\)/, (size) => gpt(size, 'whole')),
  byHand('a GPT of which the copy at the end is left', /gpt at 0x/, (size) => gpt(size, 'backup')),
  byHand('a boot sector for a lost GPT', /partition table \(PMBR\)/, (size) => mbr(size, 0xee)),
  { name: 'a torn ext4', size: SMALL, make: tornExt4, seen: /ext4 (file system|at 0x438)/ },
  { name: 'an ext4 without a head', size: SMALL, make: headlessExt4, seen: /data of no known format/ },
  {
    name: 'two formats at once',
    size: SMALL,
    make: inTurn(tool('mkfs.ext4', '-q'), (file) => putBytes(file, marks.oldRaidMarks(SMALL))),
    seen: /linux_raid_member|several formats/,
  },
  data('a byte in the first MiB', MIB - 1, 1),
  data('the first sector', 0, 512),
  data('a page in a middle MiB', 7 * MIB, 4096),
  data('a byte at the start of a middle MiB', 11 * MIB, 1),
  data('a byte at the start of the last MiB', SMALL - MIB, 1),
  data('the last sector', SMALL - 512, 512),
  data('the last byte', SMALL - 1, 1),
];

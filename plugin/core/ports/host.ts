import type { Holder } from './volume-driver.ts';

/** A mount to be made, as data. */
export interface MountSpec {
  readonly source: string;
  readonly target: string;
  readonly fileSystem: string;
  /** As in fstab: `noatime`, `data=ordered` …; what the kernel has a flag for becomes one. */
  readonly options: readonly string[];
}

/** One line of mountinfo (proc_pid_mountinfo(5)). */
export interface MountEntry {
  readonly id: number;
  /** `major:minor` of the mounted file system. */
  readonly device: string;
  /** The directory of the file system that is mounted. */
  readonly root: string;
  readonly target: string;
  readonly fileSystem: string;
  readonly source: string;
  /** Peer group of a shared mount. */
  readonly peerGroup?: number;
  /** Peer group that this mount receives events from. */
  readonly masterGroup?: number;
}

/** What the kernel calls a mounted thing: a directory of a file system. */
export interface MountedThing {
  readonly device: string;
  readonly root: string;
}

/** Mounts and the truth about them. */
export interface Mounter {
  /** Mounts. E_MOUNT_FAILED with the kernel's reason otherwise. */
  mount(spec: MountSpec): Promise<void>;
  /** Makes `target` another view of the directory `source`; `options` are per-mount flags such as `ro`, `nosuid`. */
  bind(source: string, target: string, options: readonly string[]): Promise<void>;
  /** Changes the options of the file system mounted on `target`, e.g. the size of a tmpfs. */
  remount(target: string, fileSystem: string, options: readonly string[]): Promise<void>;
  /**
   * Unmounts everything stacked on `target`. Not mounted is success. A mount that this host's processes keep busy is
   * detached: it is gone from the tree at once and from the kernel when the last of them leaves.
   */
  unmount(target: string): Promise<void>;
  /** The mount table of this process's mount namespace, now. */
  table(): Promise<MountEntry[]>;
  /** Cheap truth about one path, without reading the table. False when the path is absent. */
  isMountPoint(target: string): Promise<boolean>;
  /** The file system and the directory in it that a path shows. */
  identify(path: string): Promise<MountedThing>;
  /**
   * Processes in other mount namespaces that have `thing` (or a directory below its root) mounted, other than
   * through propagation from our own mount on `ownTarget`.
   */
  holders(thing: MountedThing, ownTarget: string | undefined): Promise<Holder[]>;
}

/** A loop device that shows a file as a disk. It vanishes by itself when the last user has gone. */
export interface LoopDevice {
  /** Device node, e.g. `/dev/loop3`. */
  readonly path: string;
  /** `major:minor`. */
  readonly device: string;
  /** Lets go of the device; a mounted file system keeps it alive. */
  release(): Promise<void>;
}

/** A disk of this machine, held open: while it is held, its numbers cannot come to mean another disk. */
export interface Disk {
  /** Node that can be opened. */
  readonly path: string;
  /** `major:minor`. */
  readonly device: string;
  /** Bytes it had when it was opened. */
  readonly sizeBytes: number;
  /** What the kernel tells about it, for a person: name, model, serial. */
  readonly description: string;
  /** Lets go of it; a mounted file system keeps the device alive. Twice is fine. */
  release(): Promise<void>;
}

/** Disks. */
export interface BlockDevices {
  /** The loop device that shows `file` already, held until released; found by the file's identity, not by its name. */
  findLoop(file: string): Promise<LoopDevice | undefined>;
  /** A new loop device for `file`, held until released. E_DEVICE_UNAVAILABLE when there is none to be had. */
  attachLoop(file: string): Promise<LoopDevice>;
  /** Tells the device that its file has grown. */
  refreshLoop(loop: LoopDevice): Promise<void>;
  /**
   * The disk with this serial (NVMe, SCSI, virtio), by sysfs, never by name; held until released. Compared whole, as the
   * disk shows it, but for blanks around it. E_DEVICE_UNAVAILABLE when two disks show it, or when the disk is not what
   * sysfs says.
   */
  findDisk(serial: string): Promise<Disk | undefined>;
  /** Waits for it. E_DEVICE_UNAVAILABLE, naming what disks there are, when the time is over. */
  waitForDisk(serial: string, milliseconds: number): Promise<Disk>;
  /** A partition of a held disk, held in turn. E_DEVICE_UNAVAILABLE naming the partitions that there are. */
  openPartition(disk: Disk, number: number): Promise<Disk>;
  /**
   * Reads the disk's size anew after the cloud has made it larger (SCSI needs a rescan). Resolves with the bytes, which
   * may still be the old ones: some disks learn it a moment later.
   */
  refreshDisk(disk: Disk): Promise<number>;
  /**
   * True while a file system on the device is mounted anywhere on this machine, or something else has it for itself (open
   * with O_EXCL says EBUSY). The asking has it for itself for an instant: not beside a mount or another asking.
   */
  isInUse(disk: Disk): Promise<boolean>;
}

/** File systems that volumes can have. */
export type FileSystemType = 'ext4' | 'xfs' | 'btrfs';

/** What the superblock says. */
export interface FileSystemFacts {
  readonly type: FileSystemType;
  /** Bytes the file system covers. */
  readonly sizeBytes: number;
  /** False when the file system asks to be checked before a mount. */
  readonly clean: boolean;
}

/** What lies on a device. */
export type DiskContent =
  | { readonly kind: 'blank' }
  | { readonly kind: 'file-system'; readonly facts: FileSystemFacts }
  | { readonly kind: 'other'; readonly description: string };

/** File systems on devices and image files. */
export interface FileSystems {
  /**
   * What lies on a device, by everything that can tell: `blkid -p` (which must not fail), `wipefs`, and direct reads of the
   * first and last MiB and of samples in between. E_HOST_FAILED when any of it cannot be read: what cannot be read is
   * never taken for blank.
   */
  examine(path: string): Promise<DiskContent>;
  /**
   * Makes a file system on an image or device that `examine` calls blank, never with force. E_HOST_FAILED, saying what was
   * seen, on any other, and when another device came to the path meanwhile.
   */
  format(path: string, type: FileSystemType, options: readonly string[]): Promise<void>;
  /** Reads the superblock; undefined when there is none that volumes can have. */
  probe(path: string): Promise<FileSystemFacts | undefined>;
  /** Repairs what is safe to repair unattended. E_FILESYSTEM_DAMAGED when that does not suffice. Not mounted. */
  check(path: string, type: FileSystemType): Promise<void>;
  /**
   * Makes the file system fill its device. `target` shows any directory of it; without `target` it is not mounted, and
   * only what could not grow at the next mount is grown: ext4, where the process lacks CAP_SYS_RESOURCE.
   */
  grow(device: string, target: string | undefined, type: FileSystemType): Promise<void>;
  /** Undoes a growing of an unmounted image that was interrupted half-way. None is fine. */
  takeBackGrowing(image: string): Promise<void>;
  /** Gives an unmounted copy of a file system an identity of its own. */
  renew(path: string, type: FileSystemType): Promise<void>;
  /** Space of the file system that `path` lies on, from the kernel. */
  space(path: string): Promise<{ readonly usedBytes: number; readonly sizeBytes: number }>;
}

/** Owner and permission bits of a directory. */
export interface Ownership {
  readonly uid: number;
  readonly gid: number;
  /** Permission bits including set-id and sticky bits, e.g. 0o755. */
  readonly mode: number;
}

/** A directory that was looked up once and cannot be swapped for another afterwards. */
export interface PinnedDirectory {
  /** A path that leads to this very directory for as long as it is pinned. */
  readonly path: string;
  /** Where it really lies. */
  readonly realPath: string;
  release(): Promise<void>;
}

/** Files and directories of Stowage's own data directory. */
export interface FileTree {
  exists(path: string): Promise<boolean>;
  /** Names in a directory; none when it is absent. */
  list(path: string): Promise<string[]>;
  /** Makes a directory with its parents (those 0700); durable when it resolves. Present is fine and changes nothing. */
  makeDirectory(path: string, ownership?: Ownership): Promise<void>;
  /** Makes a directory with its parents (all 0700) that nobody misses after a power cut. Present is fine. */
  makePassingDirectory(path: string): Promise<void>;
  /** Removes an empty directory that is not a mount point. Absent is fine. */
  removeEmptyDirectory(path: string): Promise<void>;
  /** Removes a tree, without leaving its file system and never into a mount. Absent is fine. */
  removeTree(path: string): Promise<void>;
  /** Renames within one file system; durable when it resolves. Never replaces. */
  move(from: string, to: string): Promise<void>;
  readText(path: string): Promise<string>;
  /** Writes a small file whole or not at all; durable when it resolves. */
  writeText(path: string, text: string): Promise<void>;
  /** Makes a sparse file of this size, or makes an existing one larger. Never smaller. */
  allocate(path: string, sizeBytes: number): Promise<void>;
  /** Copies a tree with everything that belongs to it, by reflink where the file system can; durable when it resolves. */
  copyTree(from: string, to: string): Promise<void>;
  /** Copies one file, by reflink where the file system can, keeping holes; durable when it resolves. */
  copyFile(from: string, to: string): Promise<void>;
  /** Bytes that a tree takes on disk, without leaving its file system. */
  diskUsage(path: string): Promise<number>;
  /** Bytes that a file is long. */
  sizeOf(path: string): Promise<number>;
  /** E_HOST_FAILED when the file system that a path lies on does not answer in time. A path that is absent is fine. */
  mustAnswer(path: string): Promise<void>;
  /** Pins an existing directory. E_INVALID_OPTION when it is absent or no directory. */
  pinDirectory(path: string): Promise<PinnedDirectory>;
  /** A new empty directory, private to this process, for a passing mount. */
  makeScratchDirectory(): Promise<string>;
}

/** Everything a driver may ask of the machine. */
export interface Host {
  readonly mounts: Mounter;
  readonly blockDevices: BlockDevices;
  readonly fileSystems: FileSystems;
  readonly files: FileTree;
  /** Takes off what a process of ours that was killed left mounted in passing. Trouble is logged, not thrown. */
  clearLeftovers(): Promise<void>;
}

/** Time, handed in so that tests can own it. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Calls back once; the returned function cancels. Does not keep the process alive. */
  after(milliseconds: number, callback: () => void): () => void;
}

/** Structured log. Messages are constant phrases; facts go into fields. Never options, environment or secrets. */
export interface Log {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

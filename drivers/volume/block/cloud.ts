import type { GivenOptions } from '../../../plugin/core/options.ts';
import type { BlockOptions } from './options.ts';

/**
 * What a disk holds. `fresh`: it was made blank for the volume and never formatted since; only such a disk is ever
 * formatted. `copied`: a copy whose file system still has the identity of its original. `own`: anything else.
 */
export type DiskContentKind = 'fresh' | 'copied' | 'own';

/** What a disk says about the volume it is: written with the creating call, read by every node. */
export interface DiskRecord {
  /** The volume's name. */
  readonly name: string;
  /** When the volume was created, to the millisecond: with the name it is the volume's mark. */
  readonly createdAt: Date;
  /** Canonical options, only those that were given. */
  readonly given: GivenOptions;
  readonly content: DiskContentKind;
  /** The volume was removed under `reclaimPolicy=retain`. */
  readonly retained: boolean;
  /** The machine that attached it last; a machine that finds another name here has lost it. */
  readonly lease: string | undefined;
}

/** One attachment of a disk to a machine. */
export interface Attachment {
  readonly machine: string;
  readonly state: 'attaching' | 'attached' | 'detaching';
}

/** A disk as the cloud describes it. */
export interface CloudDisk {
  /** What the cloud knows it by. */
  readonly id: string;
  readonly zone: string;
  readonly sizeBytes: number;
  /** `pending`: it will be `ready` by itself. `failed`: it never will. */
  readonly state: 'pending' | 'ready' | 'deleting' | 'failed';
  readonly attachments: readonly Attachment[];
  /** Several machines may have it at once. */
  readonly sharable: boolean;
  /** Serial number that the disk shows on a machine. */
  readonly serial: string;
  /** When the cloud made it. */
  readonly madeAt: Date;
  /** Undefined when it carries no mark of this cluster, or one that cannot be understood. */
  readonly record: DiskRecord | undefined;
  /** For `docker volume inspect`: type, IOPS, encryption …; no secrets. */
  readonly facts: Readonly<Record<string, string>>;
}

/** The machine this process runs on. */
export interface Machine {
  readonly id: string;
  readonly zone: string;
}

/** What the cloud says of a machine that holds a disk. `stopped`: it runs no code. `gone`: it never will again. */
export type MachineState = 'running' | 'stopped' | 'gone' | 'unknown';

/** A disk to be made. */
export interface NewDisk<Options> {
  readonly record: DiskRecord;
  readonly options: Options;
  readonly zone: string;
  /** Content to begin with; blank without. */
  readonly snapshot: string | undefined;
  /** 0, then one more each time that the cloud remembers a disk that has been deleted since. */
  readonly attempt: number;
}

/** A snapshot as the cloud describes it. */
export interface CloudSnapshot {
  readonly id: string;
  readonly sizeBytes: number;
  readonly state: 'pending' | 'ready' | 'failed';
  /** The machine that took it, when Stowage did. */
  readonly machine: string | undefined;
  readonly madeAt: Date;
}

/** Why a snapshot is taken: the passing ones are deleted when they have served. */
export type SnapshotPurpose = 'clone' | 'reclaim';

/**
 * What a cloud implements. Every method makes the calls its name says and no more; waiting, choosing and repeating is
 * the skeleton's business. Mutations resolve when the cloud has accepted them, not when they are done. All throw
 * StowageError: E_CLOUD_UNAVAILABLE when the cloud did not answer, so that the outcome is not known;
 * E_PERMISSION_DENIED with the permission's name; E_CLOUD_LIMIT; E_CLOUD_FAILED for what else it refuses.
 */
export interface BlockCloud<Options extends BlockOptions> {
  /** For errors: `EBS`, `Persistent Disk`. */
  readonly title: string;
  /** From the metadata service, asked once. */
  machine(): Promise<Machine>;
  /** All disks of this cluster, of every zone that its machines can be in, paged to the end. */
  list(): Promise<CloudDisk[]>;
  /** The disks with these IDs; those that do not exist are missing. One call for as many as `largestDescribe`. */
  describe(ids: readonly string[]): Promise<CloudDisk[]>;
  /** How many IDs one `describe` may have. */
  readonly largestDescribe: number;
  /**
   * Makes a disk with its record in the same call. The same record and attempt again give the same disk. E_VOLUME_EXISTS
   * when the name is taken: by a disk that another node has just made, or by one that was deleted and not forgotten yet.
   */
  create(disk: NewDisk<Options>): Promise<CloudDisk>;
  /** Absent is success. */
  delete(disk: CloudDisk): Promise<void>;
  /** E_CLOUD_LIMIT when the machine can take no more. E_VOLUME_IN_USE when another machine was faster. */
  attach(disk: CloudDisk, machine: Machine, readOnly: boolean): Promise<void>;
  /** Not attached there is success. `force` takes it from a machine that does not answer. */
  detach(disk: CloudDisk, machine: string, force: boolean): Promise<void>;
  /** Changes size, performance and type to what the options say; equal already is success. Never smaller. */
  modify(disk: CloudDisk, options: Options): Promise<void>;
  /** Replaces the record. */
  write(disk: CloudDisk, record: DiskRecord): Promise<void>;
  /** Takes the mark off for good, so that the disk is no volume of ours any more: for adopted disks. */
  forget(disk: CloudDisk): Promise<void>;
  /** Begins a snapshot of the disk as it is now. */
  snapshot(disk: CloudDisk, purpose: SnapshotPurpose): Promise<CloudSnapshot>;
  /** By the cloud's ID or name, or the newest that Stowage has kept of the volume of this name. */
  findSnapshot(idOrName: string): Promise<CloudSnapshot | undefined>;
  /** Snapshots that Stowage took of this cluster's disks for this purpose. */
  snapshots(purpose: SnapshotPurpose): Promise<CloudSnapshot[]>;
  /** Absent is success. */
  deleteSnapshot(id: string): Promise<void>;
  machineState(machine: string): Promise<MachineState>;
  /** A disk of this account by ID or, where peers did so, by name; whether or not it is a volume of this cluster. */
  findForeign(idOrName: string): Promise<CloudDisk | undefined>;

  close(): Promise<void>;
}

/** States of a disk. */
export type DiskStatus = 'CREATING' | 'RESTORING' | 'READY' | 'FAILED' | 'DELETING';

/** States of an instance that the stand-in knows. */
export type InstanceStatus = 'PROVISIONING' | 'RUNNING' | 'STOPPING' | 'TERMINATED' | 'SUSPENDED';

/** How many machines may have a disk. */
export type AccessMode = 'READ_WRITE_SINGLE' | 'READ_WRITE_MANY' | 'READ_ONLY_MANY';

/** What labels hang on. */
export interface Labelled {
  labels: Readonly<Record<string, string>>;
  labelFingerprint: string;
}

/** A zonal disk. */
export interface Disk extends Labelled {
  readonly id: string;
  readonly name: string;
  readonly zone: string;
  readonly type: string;
  readonly description: string;
  readonly createdAt: number;
  readonly sourceSnapshot: Snapshot | undefined;
  sizeGb: number;
  iops: number | undefined;
  throughput: number | undefined;
  accessMode: AccessMode;
  status: DiskStatus;
  lastAttachAt: number | undefined;
  lastDetachAt: number | undefined;
}

/** A global snapshot. */
export interface Snapshot extends Labelled {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly createdAt: number;
  readonly diskSizeGb: number;
  readonly sourceDisk: string;
  readonly sourceDiskId: string;
  status: 'CREATING' | 'UPLOADING' | 'READY' | 'FAILED' | 'DELETING';
}

/** A disk of an instance. */
export interface AttachedDisk {
  readonly disk: Disk;
  readonly deviceName: string;
  readonly mode: 'READ_ONLY' | 'READ_WRITE';
  readonly index: number;
  readonly boot: boolean;
  readonly autoDelete: boolean;
}

/** A machine. */
export interface Instance {
  readonly id: string;
  readonly name: string;
  readonly zone: string;
  readonly machineType: string;
  readonly createdAt: number;
  readonly labels: Readonly<Record<string, string>>;
  status: InstanceStatus;
  /** It counts as running, but does nothing. */
  frozen: boolean;
  disks: AttachedDisk[];
}

/** Something that no driver should bring about, or that the stand-in did wrong. */
export interface Incident {
  readonly kind:
    /** Two machines could write to a disk that only one may have: never, or the stand-in is wrong. */
    | 'double-attach'
    /** An attachment was asked for that would have been one; it was refused. */
    | 'attach-elsewhere-refused'
    /** A disk was taken from a running machine that still used it. */
    | 'pulled-while-busy'
    /** Deletion of an attached disk was asked for; it was refused. */
    | 'delete-attached-refused'
    /** A request ID came again with another request. */
    | 'request-id-reused'
    | 'stand-in-failed';
  readonly at: number;
  /** The disk, as `zone/name`, or what else it is about. */
  readonly subject: string;
  readonly detail: string;
}

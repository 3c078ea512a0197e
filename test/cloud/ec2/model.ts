/** Tags of anything, by their keys. */
export type Tags = Map<string, string>;

/** What everything in the cloud has. */
export interface Resource {
  readonly id: string;
  /** Order of creation, for paging. */
  readonly sequence: number;
  /** Until then describes do not show it. */
  readonly visibleAt: number;
  readonly tags: Tags;
}

/** A volume on an instance. */
export interface Attachment {
  readonly volumeId: string;
  readonly instanceId: string;
  readonly device: string;
  readonly attachedAt: number;
  readonly deleteOnTermination: boolean;
  state: 'attaching' | 'attached' | 'detaching' | 'busy';
  /** Detached by force: the instance is not asked. */
  forced: boolean;
}

/** The kinds of volumes there are. */
export type VolumeType = 'gp2' | 'gp3' | 'io1' | 'io2' | 'st1' | 'sc1' | 'standard';

/** What of a volume can be modified. */
export interface VolumeShape {
  readonly type: VolumeType;
  readonly sizeGib: number;
  readonly iops: number | undefined;
  readonly throughput: number | undefined;
  readonly multiAttach: boolean;
}

/** A disk in the cloud. */
export interface Volume extends Resource {
  readonly zone: string;
  readonly encrypted: boolean;
  readonly kmsKeyId: string | undefined;
  readonly snapshotId: string;
  readonly createdAt: number;
  shape: VolumeShape;
  state: 'creating' | 'available' | 'in-use' | 'deleting' | 'error';
  readonly attachments: Attachment[];
}

/** A change of a volume that is under way or over. */
export interface Modification {
  readonly volumeId: string;
  readonly sequence: number;
  readonly before: VolumeShape;
  readonly target: VolumeShape;
  readonly startedAt: number;
  state: 'modifying' | 'optimizing' | 'completed' | 'failed';
  progress: number;
  endedAt: number | undefined;
}

/** What a volume held at one moment. */
export interface Snapshot extends Resource {
  readonly volumeId: string;
  readonly sizeGib: number;
  readonly encrypted: boolean;
  readonly description: string;
  readonly startedAt: number;
  state: 'pending' | 'completed' | 'error';
}

/** A virtual machine. */
export interface Instance extends Resource {
  readonly type: string;
  readonly zone: string;
  readonly launchedAt: number;
  readonly rootVolumeId: string;
  state: 'pending' | 'running' | 'shutting-down' | 'terminated' | 'stopping' | 'stopped';
  /** Hangs: the cloud calls it running, but it lets go of nothing. */
  frozen: boolean;
}

/** Something that a careful program does not do, or that the stand-in must never allow. */
export interface Incident {
  readonly kind:
    /** A volume without multi-attach was on two instances: never allowed, a fault of the stand-in. */
    | 'double-attach'
    /** Asked to be attached while it was elsewhere; refused. */
    | 'double-attach-refused'
    /** Detached while the instance had it mounted. */
    | 'detached-while-busy'
    /** Detached by force from an instance that runs well. */
    | 'forced-from-running'
    /** Asked to be deleted while attached; refused. */
    | 'delete-refused'
    /** What the bay or the store could not do. */
    | 'stand-in-failed';
  readonly at: number;
  readonly volumeId: string;
  readonly detail: string;
}

/** EC2's states as the numbers that come with them. */
export const STATE_CODES: Record<Instance['state'], number> = {
  pending: 0,
  running: 16,
  'shutting-down': 32,
  terminated: 48,
  stopping: 64,
  stopped: 80,
};

import type { GivenOptions, OptionSet } from '../options.ts';
import type { Clock, Host, Log } from './host.ts';

/** One volume as a driver sees it: mount IDs, locks and persistence are the core's business and never appear here. */
export interface Volume<Options> {
  /** Valid by `volume-name.ts`, hence safe as a file name. */
  readonly name: string;
  readonly options: Options;
  /** The options as they are stored: canonical, only those that were given. What a backend writes down. */
  readonly given: GivenOptions;
  readonly createdAt: Date;
}

/** The volume a clone is made of. Its turn in the queue is held, so it stays mounted or unmounted meanwhile. */
export interface CloneSource<Options> {
  readonly volume: Volume<Options>;
  /** Our own mount point, if mounted. */
  readonly target: string | undefined;
}

/** What a driver can do beyond the required verbs. The conformance suite checks that it is true. */
export interface Capabilities {
  /** `local`: the volume lives on this host only. `global`: every node with this backend sees the same volumes. */
  readonly scope: 'local' | 'global';
  /** `create` with `from` makes a clone. */
  readonly clone: boolean;
  /** `grow` works. */
  readonly grow: boolean;
}

/** Bytes a volume holds and may hold. */
export interface Usage {
  readonly usedBytes: number;
  /** Absent when the volume has no limit of its own. */
  readonly sizeBytes?: number;
}

/** A process outside Stowage that has the volume mounted, as the kernel shows it. */
export interface Holder {
  readonly pid: number;
  readonly command: string;
  /** The container's ID when the process runs in one. */
  readonly containerId?: string;
}

/** A volume that the backend holds, found without the help of our own state. */
export interface DiscoveredVolume {
  readonly name: string;
  readonly given: GivenOptions;
  readonly createdAt: Date;
  /** True when the volume was removed under `reclaimPolicy=retain`: the data is kept, the name is not in use. */
  readonly retained: boolean;
  /** The other machine that has taken the volume, where only one can have it and this one had it. */
  readonly heldBy?: string;
}

/** Facts for `docker volume inspect`. Flat strings, no secrets. */
export type DriverStatus = Readonly<Record<string, string>>;

/**
 * What a backend implements. The core calls with at most one operation per volume at a time, different volumes in
 * parallel. Every method may be repeated, and may have been interrupted at any instruction the last time: a repeat
 * finishes the work. All throw StowageError for what a person can understand.
 */
export interface VolumeDriver<Options> {
  /**
   * Called once before anything else, after a start of any kind: clears what an interrupted operation left half-made.
   * Must not touch a volume that is mounted.
   */
  recover(): Promise<void>;
  /** What exists in the backend and carries our mark. */
  discover(): Promise<DiscoveredVolume[]>;
  /** The same for one name. Undefined only when it is certain that there is no such volume. */
  find(name: string): Promise<DiscoveredVolume | undefined>;
  /**
   * Makes the volume, whole or not at all: after a failure nothing of it is left. `source` is the volume that `from`
   * named. Existing data is never touched: what lies where the volume should be and does not carry its mark (name and
   * `createdAt`) is E_VOLUME_EXISTS; what carries it is the volume itself, finished by an earlier attempt.
   */
  create(volume: Volume<Options>, source?: CloneSource<Options>): Promise<void>;
  /**
   * Destroys the volume's data, or forgets it where the data is not ours. Absent is success, and so is something else
   * in its place: only what carries the volume's mark (name and `createdAt`) is touched.
   */
  remove(volume: Volume<Options>): Promise<void>;
  /**
   * Writes down, where `discover` finds it, the volume's present options and whether only its data is kept: a volume
   * removed under `reclaimPolicy=retain` is not in use any more.
   */
  record(volume: Volume<Options>, retained: boolean): Promise<void>;
  /** After it resolves `target` is a mount point of the volume. `target` is an empty directory before. */
  mount(volume: Volume<Options>, target: string): Promise<void>;
  /** After it resolves nothing is mounted on `target` and what `mount` took is given back. Not mounted is success. */
  unmount(volume: Volume<Options>, target: string): Promise<void>;
  /**
   * Throws when what is mounted on `target` cannot be used any more, because its disk or server is gone: who mounts it next
   * would get a dead file system. E_MOUNT_FAILED.
   */
  mustLive(volume: Volume<Options>, target: string): Promise<void>;
  /** Makes the volume as large as `volume.options` says; `target` is set while it is mounted, and stays usable. */
  grow(volume: Volume<Options>, target: string | undefined): Promise<void>;
  /** Who outside Stowage has the volume mounted, by the kernel's word. `target` is our own mount point, if mounted. */
  holders(volume: Volume<Options>, target: string | undefined): Promise<Holder[]>;
  /** The present usage where a system call tells it, else undefined. Must not walk. */
  usage(volume: Volume<Options>, target: string | undefined): Promise<Usage | undefined>;
  /** The usage by whatever it takes; called in the background and rarely. Undefined where there is none to tell. */
  measure(volume: Volume<Options>): Promise<Usage | undefined>;
  /** Facts that need no effect to tell. */
  describe(volume: Volume<Options>): DriverStatus;
  /** Gives back what the driver itself holds. Twice is fine. Mounts stay. */
  close(): Promise<void>;
}

/** What a driver is handed; it imports none of it. */
export interface DriverContext {
  readonly host: Host;
  readonly log: Log;
  readonly clock: Clock;
  readonly settings: DriverSettings;
}

/** Settings that drivers read. */
export interface DriverSettings {
  /** Directory for state and local volumes. */
  readonly dataDirectory: string;
  /** Host directories that `path=` volumes may come from, and where this process sees each. */
  readonly pathRoots: readonly PathRoot[];
  /** Volumes of global scope belong to a cluster; its nodes see the same ones and nobody else's. */
  readonly cluster: string;
  /** How long a disk stays attached after its last user, in milliseconds: Docker often mounts again at once. */
  readonly detachGraceMs: number;
  /** A setting of the driver's own, now: its value, or what the file says that `NAME_FILE` names. Undefined when not set. */
  own(name: string): Promise<string | undefined>;
}

/** A setting that only one driver reads: an environment variable, or a file that `NAME_FILE` names. */
export interface DriverSetting {
  readonly name: string;
  /** How peers name it; read when the name itself is not set. */
  readonly aliases?: readonly string[];
  readonly help: string;
  /** Never shown anywhere. */
  readonly secret?: boolean;
}

/** A host directory the operator opened for `path=` volumes. */
export interface PathRoot {
  /** The path as users write it. */
  readonly hostPath: string;
  /** The same directory in this process's mount namespace. */
  readonly insidePath: string;
}

/** A driver as data: what the registry lists. */
export interface VolumeDriverDefinition<Options> {
  /** The value of the option `backend`. */
  readonly name: string;
  readonly description: string;
  readonly capabilities: Capabilities;
  readonly options: OptionSet<Options>;
  /** Environment variables that it reads, for `config.json` and the docs. */
  readonly settings: readonly DriverSetting[];
  create(context: DriverContext): VolumeDriver<Options>;
}

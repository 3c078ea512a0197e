/**
 * Where a volume is in its life. `creating` and `removing` are intents, written before the work so that a restart can
 * undo or finish it. `retained` keeps the data of a removed volume.
 */
export type VolumeState = 'creating' | 'ready' | 'removing' | 'retained';

/** One claim on a mounted volume: the engine mounted it `count` times under one mount ID. */
export interface Reference {
  readonly count: number;
  /** When the claim was last made, milliseconds since the epoch. */
  readonly since: number;
}

/** What is durable about one volume. */
export interface StoredVolume {
  readonly name: string;
  readonly backend: string;
  /** Canonical options, only those that were given. */
  readonly options: Readonly<Record<string, string>>;
  readonly state: VolumeState;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
  /** Set when references were dropped without an Unmount, so that a container may still hold the volume. */
  readonly unsettled: boolean;
  readonly references: ReadonlyMap<string, Reference>;
}

/** What `open` found. */
export interface OpenedState {
  readonly volumes: StoredVolume[];
  /** One line about what was damaged and set aside, when something was. */
  readonly warning?: string;
}

/**
 * The durable memory. Every write is on disk before the method returns, and whole or absent after a crash.
 * Methods are synchronous on purpose: what is decided and what is written cannot be separated by another call.
 * All throw E_STATE_UNAVAILABLE when the store cannot be used.
 */
export interface StateStore {
  /**
   * Opens or makes the store. A damaged one is set aside, never deleted; one from a newer Stowage, or one that another
   * process uses, is left alone and refused. May be repeated after a failure.
   */
  open(): OpenedState;
  /** Writes volumes with their references, replacing what was there; all of them or none. */
  put(...volumes: readonly StoredVolume[]): void;
  /** Forgets one volume. Absent is fine. */
  delete(name: string): void;
  /** Twice is fine. */
  close(): void;
}

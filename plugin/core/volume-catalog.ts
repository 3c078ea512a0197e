import type { OpenedState, StateStore, StoredVolume } from './ports/state-store.ts';

/**
 * All volumes this host knows, in memory for reading and written through for keeps. A reader never waits for a disk
 * or a cloud; a change is on disk before anybody can read it.
 */
export class VolumeCatalog {
  readonly #store: StateStore;
  #volumes: Map<string, StoredVolume> = new Map();
  /** How many volumes each backend has: asked for in every Get, where counting ten thousand would be felt. */
  readonly #perBackend = new Map<string, number>();
  readonly #deletionWatchers = new Set<Set<string>>();

  constructor(store: StateStore) {
    this.#store = store;
  }

  /** Reads everything. May be repeated after a failure. E_STATE_UNAVAILABLE. */
  open(): OpenedState {
    const opened = this.#store.open();
    this.#volumes = new Map();
    this.#perBackend.clear();
    for (const volume of opened.volumes) this.#set(volume);
    return opened;
  }

  find(name: string): StoredVolume | undefined {
    return this.#volumes.get(name);
  }

  /** A volume that exists for users; the others are on their way in or out. */
  findExisting(name: string): StoredVolume | undefined {
    const volume = this.#volumes.get(name);
    return volume !== undefined && exists(volume) ? volume : undefined;
  }

  all(): StoredVolume[] {
    return [...this.#volumes.values()];
  }

  /** All volumes that exist for users. */
  existing(): StoredVolume[] {
    return this.all().filter(exists);
  }

  /** Durable when it returns. */
  put(volume: StoredVolume): StoredVolume {
    this.#store.put(volume);
    this.#set(volume);
    return volume;
  }

  /** All of them or none, durable when it returns. */
  putAll(volumes: readonly StoredVolume[]): void {
    this.#store.put(...volumes);
    for (const volume of volumes) this.#set(volume);
  }

  /** Durable when it returns. */
  delete(name: string): void {
    this.#store.delete(name);
    this.#unset(name);
    for (const deleted of this.#deletionWatchers) deleted.add(name);
  }

  /** Whether any volume lies on this backend, in whatever state. */
  hasAnyOn(backend: string): boolean {
    return (this.#perBackend.get(backend) ?? 0) > 0;
  }

  #set(volume: StoredVolume): void {
    // A new volume of the name may lie on another backend; its place in the order stays.
    this.#count(this.#volumes.get(volume.name), -1);
    this.#count(volume, 1);
    this.#volumes.set(volume.name, volume);
  }

  #unset(name: string): void {
    this.#count(this.#volumes.get(name), -1);
    this.#volumes.delete(name);
  }

  #count(volume: StoredVolume | undefined, change: number): void {
    if (volume === undefined) return;
    this.#perBackend.set(volume.backend, (this.#perBackend.get(volume.backend) ?? 0) + change);
  }

  /** Does the work, and tells which volumes were deleted meanwhile: what the work has seen of them is out of date. */
  async notingDeletions<Result>(
    work: () => Promise<Result>,
  ): Promise<{ readonly result: Result; readonly deleted: ReadonlySet<string> }> {
    const deleted = new Set<string>();
    this.#deletionWatchers.add(deleted);
    try {
      return { result: await work(), deleted };
    } finally {
      this.#deletionWatchers.delete(deleted);
    }
  }

  close(): void {
    this.#store.close();
  }
}

/** A volume being removed exists until it is gone: its removal may still fail. */
function exists(volume: StoredVolume): boolean {
  return volume.state === 'ready' || volume.state === 'removing';
}

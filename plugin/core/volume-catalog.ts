import type { OpenedState, StateStore, StoredVolume } from './ports/state-store.ts';

/**
 * All volumes this host knows, in memory for reading and written through for keeps. A reader never waits for a disk
 * or a cloud; a change is on disk before anybody can read it.
 */
export class VolumeCatalog {
  readonly #store: StateStore;
  #volumes: Map<string, StoredVolume> = new Map();
  readonly #deletionWatchers = new Set<Set<string>>();

  constructor(store: StateStore) {
    this.#store = store;
  }

  /** Reads everything. May be repeated after a failure. E_STATE_UNAVAILABLE. */
  open(): OpenedState {
    const opened = this.#store.open();
    this.#volumes = new Map(opened.volumes.map((volume) => [volume.name, volume]));
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
    this.#volumes.set(volume.name, volume);
    return volume;
  }

  /** All of them or none, durable when it returns. */
  putAll(volumes: readonly StoredVolume[]): void {
    this.#store.put(...volumes);
    for (const volume of volumes) this.#volumes.set(volume.name, volume);
  }

  /** Durable when it returns. */
  delete(name: string): void {
    this.#store.delete(name);
    this.#volumes.delete(name);
    for (const deleted of this.#deletionWatchers) deleted.add(name);
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

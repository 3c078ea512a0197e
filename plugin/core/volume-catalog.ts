import type { OpenedState, StateStore, StoredVolume } from './ports/state-store.ts';

/**
 * All volumes this host knows, in memory for reading and written through for keeps. A reader never waits for a disk
 * or a cloud; a change is on disk before anybody can read it.
 */
export class VolumeCatalog {
  readonly #store: StateStore;
  #volumes: Map<string, StoredVolume> = new Map();

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

  isEmpty(): boolean {
    return this.#volumes.size === 0;
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
  }

  close(): void {
    this.#store.close();
  }
}

/** A volume being removed exists until it is gone: its removal may still fail. */
function exists(volume: StoredVolume): boolean {
  return volume.state === 'ready' || volume.state === 'removing';
}

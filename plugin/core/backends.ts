import { clip, StowageError } from './errors.ts';
import { nearestName } from './nearest-name.ts';
import type { StoredVolume } from './ports/state-store.ts';
import type { DriverContext, Volume, VolumeDriver, VolumeDriverDefinition } from './ports/volume-driver.ts';

/** A driver with its definition. */
export interface Backend {
  readonly definition: VolumeDriverDefinition<unknown>;
  readonly driver: VolumeDriver<unknown>;
}

/** A stored volume together with the driver that owns it. */
export interface OpenedVolume extends Backend {
  readonly volume: Volume<unknown>;
}

/** The backends of this process by name. */
export class Backends {
  readonly #backends: ReadonlyMap<string, Backend>;
  readonly #defaultName: string;
  /** Stored volumes never change, a change makes a new one; so what was understood once holds as long as they do. */
  readonly #opened = new WeakMap<StoredVolume, OpenedVolume>();

  /** E_INVALID_CONFIG when the default backend does not exist. */
  constructor(
    definitions: readonly VolumeDriverDefinition<unknown>[],
    defaultName: string,
    context: DriverContext,
  ) {
    this.#backends = new Map(
      definitions.map((definition) => [definition.name, { definition, driver: definition.create(context) }]),
    );
    this.#defaultName = defaultName;
    if (!this.#backends.has(defaultName)) {
      throw new StowageError(
        'E_INVALID_CONFIG',
        `STOWAGE_BACKEND=${clip(defaultName, 40)} is not a backend (${this.#names()})`,
      );
    }
  }

  /** The backend of volumes that name none. */
  get default(): Backend {
    return this.find(this.#defaultName);
  }

  all(): Backend[] {
    return [...this.#backends.values()];
  }

  /** E_BACKEND_NOT_FOUND with the nearest name. */
  find(name: string): Backend {
    const backend = this.#backends.get(name);
    if (backend !== undefined) return backend;
    const nearest = nearestName(name, [...this.#backends.keys()]);
    const hint =
      nearest === undefined
        ? `the backends are ${this.#names()}`
        : `did you mean ${JSON.stringify(nearest)}?`;
    throw new StowageError(
      'E_BACKEND_NOT_FOUND',
      `${JSON.stringify(clip(name, 40))} is not a backend (${hint})`,
    );
  }

  /** The driver's view of a stored volume. */
  open(stored: StoredVolume): OpenedVolume {
    const opened = this.#opened.get(stored) ?? this.#understand(stored);
    this.#opened.set(stored, opened);
    return opened;
  }

  #understand(stored: StoredVolume): OpenedVolume {
    const { name, options: given } = stored;
    const backend = this.find(stored.backend);
    const { effective } = backend.definition.options.parse(given);
    return { ...backend, volume: { name, options: effective, given, createdAt: new Date(stored.createdAt) } };
  }

  /** Closes every driver. */
  async close(): Promise<void> {
    await Promise.all(this.all().map(async ({ driver }) => await driver.close()));
  }

  #names(): string {
    return [...this.#backends.keys()].join(', ');
  }
}

import { isDeepStrictEqual } from 'node:util';
import type { Attachments } from './attachments.ts';
import type { Backend, Backends } from './backends.ts';
import { toStowageError } from './errors.ts';
import type { Clock, Log } from './ports/host.ts';
import type { StoredVolume } from './ports/state-store.ts';
import type { DiscoveredVolume } from './ports/volume-driver.ts';
import { NO_REFERENCES } from './references.ts';
import type { VolumeCatalog } from './volume-catalog.ts';
import type { VolumeQueue } from './volume-queue.ts';

/** Whoever asks gets what is known at once; what is older than this is asked for anew meanwhile. */
const STALE_AFTER_MS = 30_000;
/** Any `docker run -v newname:…` makes the engine ask every plugin for the name: one look serves them all. */
const LOOK_UP_AGE_MS = 5_000;
/** A cloud may not show for a while what was just made. */
const SURELY_SHOWN_AFTER_MS = 10 * 60_000;

/** What `SharedVolumes` is made of. */
export interface SharedVolumesParts {
  readonly attachments: Attachments;
  readonly backends: Backends;
  readonly catalog: VolumeCatalog;
  readonly queue: VolumeQueue;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * Volumes that other nodes make, change and remove as well: those of backends with global scope. What this host knows
 * of them answers Get and List at once, and is held against the cloud in the background and before anything is done to
 * a volume. An outage changes nothing that is known: a volume is forgotten only when the cloud itself says that it is gone.
 */
export class SharedVolumes {
  readonly #parts: SharedVolumesParts;
  readonly #answered = new Set<string>();
  readonly #refreshes = new Map<string, { begunAt: number; ended: Promise<void> }>();

  constructor(parts: SharedVolumesParts) {
    this.#parts = parts;
  }

  /** Looks at the cloud in the background when what is known has become old; waits only where nothing is known yet. */
  async catchUp(): Promise<void> {
    await Promise.all(
      this.#backendsInUse().map(async (backend) => {
        if (!this.#isInformed(backend)) await this.#refresh(backend, LOOK_UP_AGE_MS);
        else void this.#refresh(backend, STALE_AFTER_MS);
      }),
    );
  }

  /**
   * Looks for a name that this host has never seen. Without an answer of the cloud it is taken for absent only if the
   * backend's volumes are known at all; else the trouble is thrown, for nobody knows.
   */
  async lookUp(): Promise<void> {
    await Promise.all(
      this.#backendsInUse().map(async (backend) => {
        try {
          await this.#refresh(backend, LOOK_UP_AGE_MS);
        } catch (thrown) {
          if (!this.#isInformed(backend)) throw thrown;
        }
      }),
    );
  }

  /**
   * Brings what is known of one volume in line with the cloud, as far as the cloud answers. The caller holds the volume's
   * turn. `asked` is the backend that a Create names.
   */
  async settle(name: string, asked?: Backend): Promise<void> {
    const stored = this.#parts.catalog.find(name);
    if (stored !== undefined) return await this.#settleKnown(stored);
    const backends = new Set([
      ...this.#backendsInUse(),
      ...(asked !== undefined && isShared(asked) ? [asked] : []),
    ]);
    for (const backend of backends) {
      const found = await backend.driver.find(name);
      if (found !== undefined) this.#learn(backend, found);
    }
  }

  /** Makes a volume, or takes the one that another node has made in the same moment. The caller holds the volume's turn. */
  async orAsMadeElsewhere(name: string, backend: Backend, create: () => Promise<void>): Promise<void> {
    try {
      await create();
    } catch (thrown) {
      const { code } = toStowageError(thrown);
      if (!isShared(backend) || code !== 'E_VOLUME_EXISTS' || this.#parts.catalog.find(name) !== undefined)
        throw thrown;
      await this.settle(name, backend);
      if (this.#parts.catalog.find(name) === undefined) throw thrown;
      await create();
    }
  }

  async #settleKnown(stored: StoredVolume): Promise<void> {
    const backend = this.#parts.backends.find(stored.backend);
    if (!isShared(backend) || !isSettled(stored)) return;
    try {
      await this.#compare(backend, stored, await backend.driver.find(stored.name));
    } catch (thrown) {
      this.#parts.log.warn(
        { err: toStowageError(thrown), volume: stored.name },
        'going on with what is known of it',
      );
    }
  }

  #refresh(backend: Backend, oldest: number): Promise<void> {
    const { name } = backend.definition;
    const now = this.#parts.clock.now();
    const last = this.#refreshes.get(name);
    // Either way: the clock may have been set back since.
    if (last !== undefined && Math.abs(now - last.begunAt) < oldest) return last.ended;
    const ended = this.#compareAll(backend);
    this.#refreshes.set(name, { begunAt: now, ended });
    ended.catch((thrown: unknown) => {
      this.#parts.log.warn(
        { err: toStowageError(thrown), backend: name },
        'cannot look at the volumes of all nodes',
      );
    });
    return ended;
  }

  async #compareAll(backend: Backend): Promise<void> {
    const { catalog } = this.#parts;
    const known = catalog.all().filter((stored) => stored.backend === backend.definition.name);
    const { result, deleted } = await catalog.notingDeletions(async () => await backend.driver.discover());
    this.#answered.add(backend.definition.name);
    const found = new Map(result.map((volume) => [volume.name, volume]));
    for (const volume of found.values())
      if (catalog.find(volume.name) === undefined && !deleted.has(volume.name)) this.#learn(backend, volume);
    for (const stored of known)
      if (isSettled(stored) && !agrees(stored, found.get(stored.name))) this.#settleLater(stored.name);
  }

  /** In its turn, and from a look of its own: what is under way changes what a list of a moment ago says. */
  #settleLater(name: string): void {
    void this.#parts.queue.runInBackground({
      operation: 'settle',
      volumes: [name],
      run: async () => {
        const stored = this.#parts.catalog.find(name);
        if (stored !== undefined) await this.#settleKnown(stored);
      },
    });
  }

  #learn({ definition }: Backend, found: DiscoveredVolume): void {
    this.#parts.catalog.put(discoveredRecord(found, definition.name));
    this.#parts.log.info({ volume: found.name, backend: definition.name }, 'learnt of a volume');
  }

  async #compare(backend: Backend, stored: StoredVolume, found: DiscoveredVolume | undefined): Promise<void> {
    if (agrees(stored, found)) return;
    if (found === undefined) return this.#forget(stored);
    if (found.heldBy !== undefined && stored.references.size > 0) await this.#giveUp(stored, found.heldBy);
    const { options, state, createdAt } = discoveredRecord(found, backend.definition.name);
    const current = this.#parts.catalog.find(stored.name) ?? stored;
    this.#parts.catalog.put({ ...current, options, state, createdAt });
    this.#parts.log.info({ volume: stored.name }, 'another node has changed a volume');
  }

  #forget(stored: StoredVolume): void {
    const age = Math.abs(this.#parts.clock.now() - stored.createdAt);
    if (stored.references.size > 0 || age < SURELY_SHOWN_AFTER_MS) return;
    this.#parts.catalog.delete(stored.name);
    this.#parts.log.warn({ volume: stored.name }, 'a volume is gone from its backend');
  }

  /** Another machine has taken the volume: what is written on reaches nothing any more. */
  async #giveUp(stored: StoredVolume, holder: string): Promise<void> {
    this.#parts.log.error(
      { volume: stored.name, holder },
      'another machine has taken a volume that is mounted here',
    );
    await this.#parts.attachments.unmount(stored);
    this.#parts.attachments.voidClaims(stored);
  }

  /** False for a backend that is not asked, since that would load its SDK and need its credentials. */
  isInUse(backend: Backend): boolean {
    const { backends, catalog } = this.#parts;
    return backend === backends.default || catalog.hasAnyOn(backend.definition.name);
  }

  /** An empty record may be a lost one, until the cloud has answered. */
  #isInformed({ definition: { name } }: Backend): boolean {
    return this.#answered.has(name) || this.#parts.catalog.hasAnyOn(name);
  }

  #backendsInUse(): Backend[] {
    return this.#parts.backends.all().filter((backend) => isShared(backend) && this.isInUse(backend));
  }
}

/** The record of a volume that was found without the help of our own state. */
export function discoveredRecord(found: DiscoveredVolume, backend: string): StoredVolume {
  return {
    name: found.name,
    backend,
    options: found.given,
    state: found.retained ? 'retained' : 'ready',
    createdAt: found.createdAt.getTime(),
    // Claims were lost with the state, if there were any.
    unsettled: true,
    references: NO_REFERENCES,
  };
}

/** Whether other nodes can change the backend's volumes. */
export function isShared({ definition }: Backend): boolean {
  return definition.capabilities.scope === 'global';
}

function isSettled({ state }: StoredVolume): boolean {
  return state === 'ready' || state === 'retained';
}

function agrees(stored: StoredVolume, found: DiscoveredVolume | undefined): boolean {
  if (found === undefined || (found.heldBy !== undefined && stored.references.size > 0)) return false;
  const { options, state, createdAt } = discoveredRecord(found, stored.backend);
  return (
    stored.state === state && stored.createdAt === createdAt && isDeepStrictEqual(stored.options, options)
  );
}

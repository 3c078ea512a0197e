import type { Attachments } from './attachments.ts';
import type { Backends } from './backends.ts';
import type { Clock, Log } from './ports/host.ts';
import type { StoredVolume } from './ports/state-store.ts';
import type { Holder } from './ports/volume-driver.ts';
import { hasLaterThan, noLaterThan, referencesSince } from './references.ts';
import type { VolumeCatalog } from './volume-catalog.ts';

/** From the engine's Mount to the moment the container's own mount shows in the kernel; longer than the engine's deadline. */
export const CONTAINER_START_MS = 130_000;

/** A volume after its claims were held against the kernel. */
export interface Settled {
  readonly stored: StoredVolume;
  /** Processes that really have the volume mounted. Known only if the claims were in doubt. */
  readonly holders: readonly Holder[];
}

/** What `StaleClaims` is made of. */
export interface StaleClaimParts {
  readonly attachments: Attachments;
  readonly backends: Backends;
  readonly catalog: VolumeCatalog;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * After an engine crash no Unmount comes for containers that do not return, so claims can be too many; after a forced
 * disable containers live on without a claim. The kernel decides: a claim is stale when no process outside Stowage has
 * the volume mounted and the claim is too old to belong to a container that is just starting
 * (docs/adr/0004-who-holds-a-volume.md).
 */
export class StaleClaims {
  readonly #parts: StaleClaimParts;
  #engineSince: number;

  constructor(parts: StaleClaimParts) {
    this.#parts = parts;
    this.#engineSince = parts.clock.now();
  }

  /** A new engine speaks to us: what its predecessor claimed is in doubt. */
  engineStarted(): void {
    this.#engineSince = this.#parts.clock.now();
  }

  /** True while the volume has claims from a former engine, or lost claims without an Unmount. */
  inDoubt(stored: StoredVolume): boolean {
    if (stored.unsettled || hasLaterThan(stored.references, this.#parts.clock.now())) return true;
    return referencesSince(stored.references, this.#engineSince).size < stored.references.size;
  }

  /** Drops the claims that nobody stands behind, and tells who does. The caller holds the volume's turn. */
  async settle(stored: StoredVolume): Promise<Settled> {
    if (stored.references.size === 0 && !stored.unsettled) return { stored, holders: [] };
    const holders = await this.#holders(stored);
    if (holders.length > 0) return { stored: this.#confirm(stored, holders), holders };
    const now = this.#parts.clock.now();
    const young = referencesSince(stored.references, now - CONTAINER_START_MS);
    const dropped = stored.references.size - young.size;
    if (dropped === 0 && !stored.unsettled && !hasLaterThan(young, now)) return { stored, holders };
    // How old a claim from the future is nobody knows; from now on it ages.
    const references = noLaterThan(young, now);
    if (dropped > 0)
      this.#parts.log.info(
        { volume: stored.name, dropped },
        'dropped claims that no container stands behind',
      );
    return { stored: this.#parts.catalog.put({ ...stored, references, unsettled: false }), holders };
  }

  /**
   * The volume as it is to be mounted with this ID. When a former engine claimed with it, then either that container
   * lives on and `docker cp` claims once more, or it died with its engine and returns. Lives on: the kernel shows more
   * holders than there are claims beyond doubt. Otherwise the old claim is left out, for no Unmount will ever come for it.
   */
  async withoutFormerLife(stored: StoredVolume, mountId: string): Promise<StoredVolume> {
    const former = stored.references.get(mountId);
    if (former === undefined || former.since >= this.#engineSince) return stored;
    if (!(await this.#parts.attachments.isMounted(stored.name))) return stored;
    const beyondDoubt = referencesSince(stored.references, this.#engineSince).size;
    if ((await this.#holders(stored)).length > beyondDoubt) return stored;
    const references = new Map(stored.references);
    references.delete(mountId);
    this.#parts.log.info({ volume: stored.name }, 'a container returns that died with its engine');
    return { ...stored, references };
  }

  /** With a holder for each claim no claim is in doubt any more. */
  #confirm(stored: StoredVolume, holders: readonly Holder[]): StoredVolume {
    if (!this.inDoubt(stored) || stored.unsettled || holders.length < stored.references.size) return stored;
    const since = this.#parts.clock.now();
    const references = new Map([...stored.references].map(([id, { count }]) => [id, { count, since }]));
    return this.#parts.catalog.put({ ...stored, references });
  }

  async #holders(stored: StoredVolume): Promise<Holder[]> {
    const { driver, volume } = this.#parts.backends.open(stored);
    const mounted = await this.#parts.attachments.isMounted(stored.name);
    return await driver.holders(volume, mounted ? this.#parts.attachments.target(stored.name) : undefined);
  }
}

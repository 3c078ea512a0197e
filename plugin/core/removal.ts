import type { Attachments } from './attachments.ts';
import type { Backends } from './backends.ts';
import { StowageError } from './errors.ts';
import type { Log } from './ports/host.ts';
import type { StoredVolume } from './ports/state-store.ts';
import type { Holder } from './ports/volume-driver.ts';
import { NO_REFERENCES } from './references.ts';
import type { StaleClaims } from './stale-claims.ts';
import type { VolumeCatalog } from './volume-catalog.ts';

/** What `Removal` is made of. */
export interface RemovalParts {
  readonly attachments: Attachments;
  readonly backends: Backends;
  readonly catalog: VolumeCatalog;
  readonly staleClaims: StaleClaims;
  readonly log: Log;
}

/** Remove: refused while anybody uses the volume, then as its reclaim policy says. */
export class Removal {
  readonly #parts: RemovalParts;

  constructor(parts: RemovalParts) {
    this.#parts = parts;
  }

  /** The caller holds the volume's turn. E_VOLUME_IN_USE names the holders. */
  async remove(present: StoredVolume): Promise<void> {
    const { stored, holders } = await this.#parts.staleClaims.settle(present);
    if (stored.references.size > 0 || holders.length > 0) {
      throw new StowageError('E_VOLUME_IN_USE', `it is in use by ${describeHolders(stored, holders)}`, {
        details: { holders, mountIds: [...stored.references.keys()] },
      });
    }
    await this.#parts.attachments.unmountIfIdle(stored);
    if (stored.options['reclaimPolicy'] === 'retain') return await this.#retain(stored);
    this.#parts.catalog.put({ ...stored, state: 'removing' });
    try {
      await this.#destroy(stored);
    } catch (thrown) {
      this.#parts.catalog.put(stored);
      throw thrown;
    }
    this.#forget(stored);
  }

  /** Ends a removal that was begun. */
  async finish(stored: StoredVolume): Promise<void> {
    await this.#destroy(stored);
    this.#forget(stored);
  }

  async #destroy(stored: StoredVolume): Promise<void> {
    const { driver, volume } = this.#parts.backends.open(stored);
    await driver.remove(volume);
  }

  #forget(stored: StoredVolume): void {
    this.#parts.catalog.delete(stored.name);
    this.#parts.log.info({ volume: stored.name }, 'removed');
  }

  async #retain(stored: StoredVolume): Promise<void> {
    const { driver, volume } = this.#parts.backends.open(stored);
    await driver.record(volume, true);
    this.#parts.catalog.put({ ...stored, state: 'retained', references: NO_REFERENCES });
    this.#parts.log.info({ volume: stored.name }, 'removed, data retained');
  }
}

/** Containers when the kernel shows them, else the engine's mount IDs. */
function describeHolders(stored: StoredVolume, holders: readonly Holder[]): string {
  if (holders.length === 0) {
    const ids = [...stored.references.keys()].map((id) => id.slice(0, 12));
    return `mount ID ${ids.slice(0, 5).join(', ')}${ids.length > 5 ? ` and ${String(ids.length - 5)} more` : ''}`;
  }
  const named = holders
    .slice(0, 5)
    .map(({ pid, command, containerId }) =>
      containerId === undefined
        ? `process ${String(pid)} (${command})`
        : `container ${containerId.slice(0, 12)} (${command}, process ${String(pid)})`,
    );
  return `${named.join(', ')}${holders.length > 5 ? ` and ${String(holders.length - 5)} more` : ''}`;
}

import { join } from 'node:path';
import type { Backends, OpenedVolume } from './backends.ts';
import type { Call } from './call.ts';
import { toStowageError } from './errors.ts';
import type { Clock, Host, Log } from './ports/host.ts';
import type { StoredVolume } from './ports/state-store.ts';
import { addReference, dropReference, NO_REFERENCES } from './references.ts';
import type { VolumeCatalog } from './volume-catalog.ts';

/** What `Attachments` is made of. */
export interface AttachmentParts {
  readonly backends: Backends;
  readonly catalog: VolumeCatalog;
  readonly host: Host;
  readonly clock: Clock;
  readonly log: Log;
  /** Directory of all mount points. */
  readonly mountRoot: string;
}

/**
 * Mount points and the claims on them: the first claim mounts, the last one taken back unmounts. Callers hold the
 * volume's turn in the queue.
 */
export class Attachments {
  readonly #parts: AttachmentParts;

  constructor(parts: AttachmentParts) {
    this.#parts = parts;
  }

  /** Where a volume is mounted when it is. */
  target(name: string): string {
    return join(this.#parts.mountRoot, name);
  }

  /** Mounts unless mounted, then counts the claim if its caller still waits. False when the caller had gone. */
  async claim(stored: StoredVolume, mountId: string, call: Call): Promise<boolean> {
    const current = await this.#ensureMounted(stored);
    // From here to the return nothing else can run, so a claim is counted exactly when its caller is told.
    if (call.abandoned) return false;
    const references = addReference(current.references, mountId, this.#parts.clock.now());
    try {
      this.#parts.catalog.put({ ...current, references });
    } catch (thrown) {
      // What cannot be remembered must not stay.
      await this.unmountIfIdle(current);
      throw thrown;
    }
    return true;
  }

  /** Takes a claim back; the last one unmounts. Unknown claims change nothing. */
  async release(stored: StoredVolume, mountId: string): Promise<void> {
    const references = dropReference(stored.references, mountId);
    if (references === stored.references) return;
    if (references.size === 0) await this.unmount(stored);
    this.#parts.catalog.put({ ...stored, references });
  }

  /** Unmounts whatever the claims say; not mounted is success. */
  async unmount(stored: StoredVolume): Promise<void> {
    const { driver, volume } = this.#parts.backends.open(stored);
    const target = this.target(stored.name);
    await driver.unmount(volume, target);
    this.#parts.log.info({ volume: stored.name }, 'unmounted');
    await this.#removeTarget(target);
  }

  /** Unmounts a volume that nobody claims. */
  async unmountIfIdle(stored: StoredVolume): Promise<void> {
    if (stored.references.size === 0 && (await this.isMounted(stored.name))) await this.unmount(stored);
  }

  async isMounted(name: string): Promise<boolean> {
    return await this.#parts.host.mounts.isMountPoint(this.target(name));
  }

  /**
   * Claims are void when the kernel shows no mount (reboot, forced disable, a hand at work). Containers may still hold
   * the volume through mounts of their own, which `unsettled` remembers.
   */
  voidClaims(stored: StoredVolume): StoredVolume {
    if (stored.references.size === 0) return stored;
    this.#parts.log.warn(
      { volume: stored.name, claims: stored.references.size },
      'mount has vanished, its claims are void',
    );
    return this.#parts.catalog.put({ ...stored, references: NO_REFERENCES, unsettled: true });
  }

  async #ensureMounted(stored: StoredVolume): Promise<StoredVolume> {
    if (await this.isMounted(stored.name)) {
      const { driver, volume } = this.#parts.backends.open(stored);
      await driver.mustLive(volume, this.target(stored.name));
      return stored;
    }
    const current = this.voidClaims(stored);
    const opened = this.#parts.backends.open(current);
    const target = this.target(current.name);
    await this.#parts.host.files.makePassingDirectory(target);
    try {
      await opened.driver.mount(opened.volume, target);
    } catch (thrown) {
      await this.#undoMount(opened, target);
      throw thrown;
    }
    this.#parts.log.info({ volume: current.name }, 'mounted');
    return current;
  }

  /** The volume is let go of already, and the next start removes what is left: no reason to fail. */
  async #removeTarget(target: string): Promise<void> {
    try {
      await this.#parts.host.files.removeEmptyDirectory(target);
    } catch (thrown) {
      this.#parts.log.warn({ err: toStowageError(thrown), target }, 'could not remove a mount point');
    }
  }

  async #undoMount({ driver, volume }: OpenedVolume, target: string): Promise<void> {
    try {
      await driver.unmount(volume, target);
      await this.#parts.host.files.removeEmptyDirectory(target);
    } catch (thrown) {
      this.#parts.log.warn(
        { err: toStowageError(thrown), volume: volume.name },
        'could not undo a failed mount',
      );
    }
  }
}

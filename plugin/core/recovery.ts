import { dirname, basename } from 'node:path';
import type { Attachments } from './attachments.ts';
import type { Backends } from './backends.ts';
import type { Creation } from './creation.ts';
import { toStowageError } from './errors.ts';
import type { Host, Log } from './ports/host.ts';
import type { StoredVolume } from './ports/state-store.ts';
import type { Removal } from './removal.ts';
import { discoveredRecord, isShared, type SharedVolumes } from './shared-volumes.ts';
import type { VolumeCatalog } from './volume-catalog.ts';
import type { VolumeQueue } from './volume-queue.ts';

/** What `Recovery` is made of. */
export interface RecoveryParts {
  readonly attachments: Attachments;
  readonly backends: Backends;
  readonly catalog: VolumeCatalog;
  readonly creation: Creation;
  readonly removal: Removal;
  readonly shared: SharedVolumes;
  readonly queue: VolumeQueue;
  readonly host: Host;
  readonly log: Log;
  readonly mountRoot: string;
}

/**
 * After a start of any kind (first, crash, upgrade, reboot) makes memory and world agree again: reads the state,
 * rebuilds what it lost from the backends, finishes or undoes what was interrupted, voids claims whose mount is gone,
 * unmounts what nobody claims.
 */
export class Recovery {
  readonly #parts: RecoveryParts;

  constructor(parts: RecoveryParts) {
    this.#parts = parts;
  }

  /** Fills the catalog; afterwards Get and List can be answered. E_STATE_UNAVAILABLE; may be repeated. */
  async load(): Promise<void> {
    const { volumes, warning } = this.#parts.catalog.open();
    if (warning !== undefined) this.#parts.log.error({ warning }, 'state was damaged and set aside');
    // An empty state on a host with volumes means that the state was lost: never answer "no such volume" from it.
    if (volumes.length === 0) await this.#discover();
  }

  /** Everything else; afterwards volumes can be changed. Trouble with one volume or backend holds up no other. */
  async recover(): Promise<void> {
    await this.#parts.host.clearLeftovers();
    const { backends, catalog, shared } = this.#parts;
    const inUse = backends.all().filter((backend) => !isShared(backend) || shared.isInUse(backend));
    await Promise.all(
      inUse.map(async ({ definition, driver }) => {
        await this.#attempt({ backend: definition.name }, async () => await driver.recover());
      }),
    );
    await this.#parts.host.files.makeDirectory(this.#parts.mountRoot);
    const mounted = await this.#mountedNames();
    await this.#removeUnusedMountPoints(mounted);
    const unknown = [...mounted].filter((name) => catalog.find(name) === undefined);
    // Whose they are only the cloud can say when the state was lost; unless it does, they are left alone.
    const known =
      unknown.length === 0 || (await this.#attempt({ mounted: unknown }, async () => await shared.lookUp()));
    for (const stored of catalog.all()) this.#reconcile(stored, mounted.delete(stored.name));
    if (known) for (const name of mounted) await this.#unmountOrphan(name);
  }

  /** All records at once: were it interrupted between two, the next start would take those it finds for all there are. */
  async #discover(): Promise<void> {
    const rebuilt: StoredVolume[] = [];
    // What lies in a cloud is looked up when somebody asks: a cloud that does not answer must not hold up the rest.
    for (const { definition, driver } of this.#parts.backends.all().filter((backend) => !isShared(backend))) {
      await this.#attempt({ backend: definition.name }, async () => {
        for (const found of await driver.discover()) rebuilt.push(discoveredRecord(found, definition.name));
      });
    }
    if (rebuilt.length === 0) return;
    this.#parts.catalog.putAll(rebuilt);
    for (const { name, backend } of rebuilt)
      this.#parts.log.warn({ volume: name, backend }, 'rebuilt the record of a volume');
  }

  async #mountedNames(): Promise<Set<string>> {
    const table = await this.#parts.host.mounts.table();
    const ours = table.filter((entry) => dirname(entry.target) === this.#parts.mountRoot);
    return new Set(ours.map((entry) => basename(entry.target)));
  }

  /** What a killed process had made for a mount that did not come, or had not yet removed after an unmount. */
  async #removeUnusedMountPoints(mounted: ReadonlySet<string>): Promise<void> {
    const { host, mountRoot, attachments } = this.#parts;
    const unused = (await host.files.list(mountRoot)).filter((name) => !mounted.has(name));
    for (const name of unused) {
      const target = attachments.target(name);
      await this.#attempt({ target }, async () => await host.files.removeEmptyDirectory(target));
    }
  }

  #reconcile(stored: StoredVolume, mounted: boolean): void {
    const work = this.#repair(stored, mounted);
    if (work === undefined) return;
    // Queued before any call on the volume can be, so that calls find it repaired.
    void this.#parts.queue.runInBackground({
      operation: 'recover',
      volumes: [stored.name],
      run: async () => void (await this.#attempt({ volume: stored.name }, work)),
    });
  }

  #repair(stored: StoredVolume, mounted: boolean): (() => Promise<void>) | undefined {
    const { attachments, creation, removal } = this.#parts;
    if (stored.state === 'creating') return async () => await creation.undo(stored);
    if (stored.state === 'removing') return async () => await removal.finish(stored);
    if (!mounted)
      return stored.references.size === 0 ? undefined : async () => void attachments.voidClaims(stored);
    return stored.references.size === 0
      ? async () => await attachments.unmountIfIdle(stored)
      : async () => await creation.finishGrowing(stored);
  }

  async #unmountOrphan(name: string): Promise<void> {
    const target = this.#parts.attachments.target(name);
    await this.#attempt({ target }, async () => {
      await this.#parts.host.mounts.unmount(target);
      await this.#parts.host.files.removeEmptyDirectory(target);
      this.#parts.log.warn({ target }, 'unmounted what belongs to no volume');
    });
  }

  async #attempt(subject: object, work: () => Promise<void>): Promise<boolean> {
    try {
      await work();
      return true;
    } catch (thrown) {
      this.#parts.log.error({ err: toStowageError(thrown), ...subject }, 'recovery failed here and goes on');
      return false;
    }
  }
}

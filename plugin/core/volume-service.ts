import { Attachments } from './attachments.ts';
import type { Backends } from './backends.ts';
import type { Call } from './call.ts';
import { Creation } from './creation.ts';
import { StowageError, toStowageError } from './errors.ts';
import type { Clock, Host, Log } from './ports/host.ts';
import type { StateStore, StoredVolume } from './ports/state-store.ts';
import { Recovery } from './recovery.ts';
import { Removal } from './removal.ts';
import { SharedVolumes } from './shared-volumes.ts';
import { CONTAINER_START_MS, StaleClaims } from './stale-claims.ts';
import { Startup } from './startup.ts';
import { UsageMeter } from './usage-meter.ts';
import { VolumeCatalog } from './volume-catalog.ts';
import { checkVolumeName } from './volume-name.ts';
import { VolumeQueue } from './volume-queue.ts';
import { volumeStatus } from './volume-status.ts';
import type { Usage } from './ports/volume-driver.ts';

/** A mount whose caller has gone is kept this long for the repeat that joins it, then undone. */
const ABANDONED_MOUNT_GRACE_MS = 60_000;
/** What a call is told that waits for a cloud. */
const LOOKING = 'the volumes of the other nodes are being looked up';
/** How often claims in doubt are held against the kernel. */
const SETTLE_EVERY_MS = 10 * 60_000;

/** What the service is made of. */
export interface VolumeServiceParts {
  readonly backends: Backends;
  readonly store: StateStore;
  readonly host: Host;
  readonly clock: Clock;
  readonly log: Log;
  /** Directory of all mount points; the returned mount points lie in it. */
  readonly mountRoot: string;
}

/** One volume as the protocol shows it. A List shows the same object until the volume changes. */
export interface VolumeView {
  readonly name: string;
  /** Set while mounted. */
  readonly mountPoint?: string;
  readonly createdAt: Date;
  readonly status?: Readonly<Record<string, string>>;
}

/**
 * Docker's eight verbs for volumes, with their promises: every call may be repeated; what was promised is durable;
 * calls on one volume take turns and calls on different volumes do not wait for each other; an absent answer is given
 * only when it is known to be true.
 */
export class VolumeService {
  readonly #parts: VolumeServiceParts;
  readonly #catalog: VolumeCatalog;
  readonly #queue: VolumeQueue;
  readonly #attachments: Attachments;
  readonly #staleClaims: StaleClaims;
  readonly #shared: SharedVolumes;
  readonly #creation: Creation;
  readonly #removal: Removal;
  readonly #usage: UsageMeter;
  readonly #startup: Startup;
  /** A stored volume never changes, so it always looks the same; a List may show ten thousand. */
  readonly #views = new WeakMap<StoredVolume, VolumeView>();

  constructor(parts: VolumeServiceParts) {
    this.#parts = parts;
    this.#catalog = new VolumeCatalog(parts.store);
    this.#queue = new VolumeQueue(parts.clock, parts.log);
    const shared = { ...parts, catalog: this.#catalog, queue: this.#queue };
    this.#attachments = new Attachments(shared);
    this.#staleClaims = new StaleClaims({ ...shared, attachments: this.#attachments });
    this.#shared = new SharedVolumes({ ...shared, attachments: this.#attachments });
    this.#creation = new Creation({ ...shared, attachments: this.#attachments });
    this.#removal = new Removal({
      ...shared,
      attachments: this.#attachments,
      staleClaims: this.#staleClaims,
    });
    this.#usage = new UsageMeter(parts.backends, parts.clock, parts.log);
    const recovery = new Recovery({
      ...shared,
      attachments: this.#attachments,
      creation: this.#creation,
      removal: this.#removal,
      shared: this.#shared,
    });
    this.#startup = new Startup(recovery, parts.clock, parts.log);
  }

  /** Begins recovery. Calls may come at once; they wait for the part of recovery that they need. */
  start(): void {
    this.#startup.begin();
    this.#settleLater(CONTAINER_START_MS);
  }

  /** Answered from memory at any time: the engine asks before every single call (protocol.md, section 2, "Endpoints"). */
  capabilities(): { scope: 'local' | 'global' } {
    return { scope: this.#parts.backends.default.definition.capabilities.scope };
  }

  /** A new engine has greeted us; claims that its predecessor made are in doubt from now on. */
  engineStarted(): void {
    this.#staleClaims.engineStarted();
    this.#settleLater(CONTAINER_START_MS);
  }

  async create(name: string, options: Readonly<Record<string, string>>, call: Call): Promise<void> {
    await this.#startup.recovered(call);
    const request = this.#creation.understand(name, options);
    const sources = request.source === undefined ? [] : [request.source];
    await this.#queue.run(call, {
      operation: 'create',
      volumes: [name, ...sources],
      run: async () => {
        await this.#shared.settle(name, request.backend);
        // What its options mean together depends on what the volume has already.
        const create = async (): Promise<void> =>
          await this.#creation.create(this.#creation.understand(name, options));
        await this.#shared.orAsMadeElsewhere(name, request.backend, create);
      },
    });
  }

  async remove(name: string, call: Call): Promise<void> {
    await this.#startup.recovered(call);
    await this.#queue.run(call, {
      operation: 'remove',
      volumes: [name],
      run: async () => {
        await this.#shared.settle(name);
        const stored = this.#catalog.findExisting(name);
        if (stored !== undefined) await this.#removal.remove(stored);
        this.#usage.forget(name);
      },
    });
  }

  /** The mount point. */
  async mount(name: string, mountId: string, call: Call): Promise<string> {
    checkVolumeName(name);
    await this.#startup.recovered(call);
    await this.#queue.run(call, {
      operation: 'mount',
      volumes: [name],
      run: async () => {
        await this.#shared.settle(name);
        const stored = await this.#staleClaims.withoutFormerLife(this.#find(name), mountId);
        const claimed = await this.#attachments.claim(stored, mountId, call);
        if (!claimed) this.#parts.clock.after(ABANDONED_MOUNT_GRACE_MS, () => void this.#unmountIfIdle(name));
      },
    });
    return this.#attachments.target(name);
  }

  async unmount(name: string, mountId: string, call: Call): Promise<void> {
    await this.#startup.recovered(call);
    await this.#queue.run(call, {
      operation: 'unmount',
      volumes: [name],
      evenIfAbandoned: true,
      run: async () => {
        const stored = this.#catalog.findExisting(name);
        if (stored === undefined) return;
        await this.#attachments.release(stored, mountId);
        this.#usage.request(stored);
      },
    });
  }

  /** E_VOLUME_NOT_FOUND only when it is certain. */
  async get(name: string, call: Call): Promise<VolumeView> {
    await this.#startup.loaded(call);
    const stored = await this.#findAnywhere(name, call);
    const { driver, volume } = this.#parts.backends.open(stored);
    const target = stored.references.size > 0 ? this.#attachments.target(name) : undefined;
    const usage = (await this.#currentUsage(stored, target)) ?? this.#usage.look(stored);
    const status = volumeStatus(stored, driver.describe(volume), usage, this.#parts.clock.now());
    return { ...this.#view(stored), status };
  }

  async list(call: Call): Promise<VolumeView[]> {
    await this.#startup.loaded(call);
    await call.wait(this.#shared.catchUp(), () => LOOKING);
    return this.#catalog.existing().map((stored) => this.#view(stored));
  }

  /** The mount point, or undefined while not mounted. */
  async path(name: string, call: Call): Promise<string | undefined> {
    await this.#startup.loaded(call);
    return this.#view(await this.#findAnywhere(name, call)).mountPoint;
  }

  /** Lets work under way end, then closes. Mounts and claims stay: containers go on without us. */
  async close(): Promise<void> {
    await this.#queue.idle();
    await this.#parts.backends.close();
    this.#catalog.close();
  }

  #find(name: string): StoredVolume {
    const stored = this.#catalog.findExisting(name);
    if (stored === undefined) throw new StowageError('E_VOLUME_NOT_FOUND', 'no such volume');
    return stored;
  }

  async #findAnywhere(name: string, call: Call): Promise<StoredVolume> {
    const known = this.#catalog.findExisting(name) !== undefined;
    await call.wait(known ? this.#shared.catchUp() : this.#shared.lookUp(), () => LOOKING);
    return this.#find(name);
  }

  #view(stored: StoredVolume): VolumeView {
    const view = this.#views.get(stored) ?? this.#show(stored);
    this.#views.set(stored, view);
    return view;
  }

  #show({ name, createdAt, references }: StoredVolume): VolumeView {
    const view = { name, createdAt: new Date(createdAt) };
    return references.size === 0 ? view : { ...view, mountPoint: this.#attachments.target(name) };
  }

  async #currentUsage(stored: StoredVolume, target: string | undefined): Promise<Usage | undefined> {
    const { driver, volume } = this.#parts.backends.open(stored);
    try {
      return await driver.usage(volume, target);
    } catch (thrown) {
      this.#parts.log.debug({ err: toStowageError(thrown), volume: stored.name }, 'usage is not known');
      return undefined;
    }
  }

  async #unmountIfIdle(name: string): Promise<void> {
    await this.#inBackground(
      name,
      'unmount',
      async (stored) => await this.#attachments.unmountIfIdle(stored),
    );
  }

  #settleLater(delay: number): void {
    this.#parts.clock.after(delay, () => void this.#settleDoubts());
  }

  async #settleDoubts(): Promise<void> {
    const doubtful = this.#catalog.existing().filter((stored) => this.#staleClaims.inDoubt(stored));
    for (const { name } of doubtful) {
      await this.#inBackground(name, 'settle', async (stored) => {
        const settled = await this.#staleClaims.settle(stored);
        await this.#attachments.unmountIfIdle(settled.stored);
      });
    }
    if (this.#catalog.existing().some((stored) => this.#staleClaims.inDoubt(stored)))
      this.#settleLater(SETTLE_EVERY_MS);
  }

  async #inBackground(
    name: string,
    operation: string,
    work: (stored: StoredVolume) => Promise<void>,
  ): Promise<void> {
    await this.#queue.runInBackground({
      operation,
      volumes: [name],
      run: async () => {
        try {
          const stored = this.#catalog.findExisting(name);
          if (stored !== undefined) await work(stored);
        } catch (thrown) {
          this.#parts.log.warn(
            { err: toStowageError(thrown), volume: name },
            `background ${operation} failed`,
          );
        }
      },
    });
  }
}

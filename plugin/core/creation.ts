import type { Attachments } from './attachments.ts';
import type { Backend, Backends } from './backends.ts';
import { clip, StowageError, toStowageError } from './errors.ts';
import type { GivenOptions } from './options.ts';
import type { Clock, Log } from './ports/host.ts';
import type { StoredVolume } from './ports/state-store.ts';
import type { CloneSource } from './ports/volume-driver.ts';
import { NO_REFERENCES } from './references.ts';
import type { VolumeCatalog } from './volume-catalog.ts';
import { checkVolumeName } from './volume-name.ts';

/** What `Creation` is made of. */
export interface CreationParts {
  readonly attachments: Attachments;
  readonly backends: Backends;
  readonly catalog: VolumeCatalog;
  readonly clock: Clock;
  readonly log: Log;
}

/** A Create whose words have been understood. */
export interface CreateRequest {
  readonly name: string;
  readonly backend: Backend;
  /** True when the option `backend` was given. */
  readonly backendGiven: boolean;
  readonly given: GivenOptions;
  /** The volume to clone. */
  readonly source: string | undefined;
}

/** Create in all its forms: a new volume, a clone, a repeat, a larger size, the return of a retained one. */
export class Creation {
  readonly #parts: CreationParts;

  constructor(parts: CreationParts) {
    this.#parts = parts;
  }

  /** Understands name and options, or says what is wrong with them. No effect. */
  understand(name: string, raw: Readonly<Record<string, string>>): CreateRequest {
    checkVolumeName(name);
    const backendName = backendNameIn(raw);
    const existing = this.#parts.catalog.find(name);
    const backend =
      backendName === undefined && existing !== undefined
        ? this.#parts.backends.find(existing.backend)
        : backendName === undefined
          ? this.#parts.backends.default
          : this.#parts.backends.find(backendName);
    const options = Object.fromEntries(Object.entries(raw).filter(([key]) => !isBackend(key)));
    const present = existing?.backend === backend.definition.name ? existing.options : undefined;
    const { given } = backend.definition.options.parse(options, present);
    const source = given['from'];
    if (source === name) throw new StowageError('E_INVALID_OPTION', 'a volume cannot be a clone of itself');
    return { name, backend, backendGiven: backendName !== undefined, given, source };
  }

  /** Makes it so. The caller holds the turn of the volume and of its source. */
  async create(request: CreateRequest): Promise<void> {
    const present = this.#parts.catalog.find(request.name);
    switch (present?.state) {
      case undefined:
        return await this.#createNew(request);
      case 'creating':
        // Left by an attempt that failed and could not be undone: a repeat finishes the undoing, then begins anew.
        await this.undo(present);
        return await this.#createNew(request);
      case 'removing':
        throw new StowageError('E_VOLUME_EXISTS', 'a volume of this name is being removed');
      case 'ready':
        await this.#repeat(request, present);
        return;
      case 'retained':
        return await this.#reclaim(request, present);
    }
  }

  /** Takes back a creation that did not end. Only what the creation itself made is removed. */
  async undo(stored: StoredVolume): Promise<void> {
    const { driver, volume } = this.#parts.backends.open(stored);
    await driver.remove(volume);
    this.#parts.catalog.delete(stored.name);
  }

  async #createNew(request: CreateRequest): Promise<void> {
    const { name, backend } = request;
    const source = this.#findSource(request);
    const given =
      source === undefined
        ? request.given
        : backend.definition.options.inherit(source.options, request.given);
    const { effective } = backend.definition.options.parse(given);
    const stored = this.#parts.catalog.put({
      name,
      backend: backend.definition.name,
      options: given,
      state: 'creating',
      createdAt: this.#parts.clock.now(),
      unsettled: false,
      references: NO_REFERENCES,
    });
    try {
      const volume = { name, options: effective, given, createdAt: new Date(stored.createdAt) };
      await backend.driver.create(volume, source === undefined ? undefined : await this.#cloneSource(source));
    } catch (thrown) {
      await this.#takeBack(stored, toStowageError(thrown));
      throw thrown;
    }
    this.#parts.catalog.put({ ...stored, state: 'ready' });
    this.#parts.log.info({ volume: name, backend: stored.backend }, 'created');
  }

  /** The driver left nothing behind, so only the intent has to go; unless it cannot know, for its cloud did not answer. */
  async #takeBack(stored: StoredVolume, error: StowageError): Promise<void> {
    if (error.code !== 'E_CLOUD_UNAVAILABLE') return this.#parts.catalog.delete(stored.name);
    try {
      await this.undo(stored);
    } catch (thrown) {
      this.#parts.log.warn(
        { err: toStowageError(thrown), volume: stored.name },
        'the next start or Create undoes it',
      );
    }
  }

  #findSource({ source: name, backend }: CreateRequest): StoredVolume | undefined {
    if (name === undefined) return undefined;
    const source = this.#parts.catalog.findExisting(name);
    if (source === undefined) {
      throw new StowageError('E_VOLUME_NOT_FOUND', `from=${clip(name)} names a volume that does not exist`);
    }
    if (source.backend !== backend.definition.name || !backend.definition.capabilities.clone) {
      throw new StowageError(
        'E_NOT_SUPPORTED',
        `backend ${backend.definition.name} cannot clone a volume of backend ${source.backend}`,
      );
    }
    return source;
  }

  async #cloneSource(source: StoredVolume): Promise<CloneSource<unknown>> {
    const { volume } = this.#parts.backends.open(source);
    return { volume, target: await this.#mountedTarget(source.name) };
  }

  /** Equal options are fine, some may change, a larger size grows the volume, anything else is refused. */
  async #repeat(request: CreateRequest, present: StoredVolume): Promise<StoredVolume> {
    if (request.backendGiven && request.backend.definition.name !== present.backend) {
      throw new StowageError('E_VOLUME_EXISTS', `a volume of this name exists on backend ${present.backend}`);
    }
    const { options } = this.#parts.backends.find(present.backend).definition;
    const comparison = options.compare(present.options, request.given);
    if (comparison.kind === 'equal') {
      await this.#finishGrowingIfPossible(present);
      return present;
    }
    if (comparison.kind === 'different') throw differs(present, comparison.difference);
    return await this.#change(present, { ...present.options, ...comparison.changed }, comparison.grows);
  }

  /** Growing that was interrupted is finished. Nothing to finish is fine. The caller holds the volume's turn. */
  async finishGrowing(present: StoredVolume): Promise<void> {
    const target = await this.#mountedTarget(present.name);
    // Without a mount the next one finishes it.
    if (target === undefined) return;
    const { driver, definition, volume } = this.#parts.backends.open(present);
    if (definition.capabilities.grow) await driver.grow(volume, target);
  }

  /** A cloud that does not answer is no reason to refuse what is there already. */
  async #finishGrowingIfPossible(present: StoredVolume): Promise<void> {
    try {
      await this.finishGrowing(present);
    } catch (thrown) {
      const error = toStowageError(thrown);
      if (error.code !== 'E_CLOUD_UNAVAILABLE') throw error;
      this.#parts.log.warn({ err: error, volume: present.name }, 'the next mount finishes growing, if any');
    }
  }

  async #change(present: StoredVolume, given: GivenOptions, grows: boolean): Promise<StoredVolume> {
    // What the options mean together is checked before they are kept.
    this.#parts.backends.open({ ...present, options: given });
    // The wish is durable first: should the growing be interrupted, the next mount finishes it.
    const stored = this.#parts.catalog.put({ ...present, options: given });
    const { driver, volume } = this.#parts.backends.open(stored);
    try {
      if (grows) await driver.grow(volume, await this.#mountedTarget(stored.name));
      await driver.record(volume, stored.state === 'retained');
    } catch (thrown) {
      this.#parts.catalog.put(present);
      throw thrown;
    }
    this.#parts.log.info({ volume: stored.name, grows }, 'changed');
    return stored;
  }

  async #reclaim(request: CreateRequest, present: StoredVolume): Promise<void> {
    const wanted = await this.#repeat(request, present);
    const { driver, volume } = this.#parts.backends.open(wanted);
    await driver.record(volume, false);
    this.#parts.catalog.put({ ...wanted, state: 'ready' });
    this.#parts.log.info({ volume: wanted.name }, 'took a retained volume back into use');
  }

  async #mountedTarget(name: string): Promise<string | undefined> {
    const mounted = await this.#parts.attachments.isMounted(name);
    return mounted ? this.#parts.attachments.target(name) : undefined;
  }
}

function differs(present: StoredVolume, difference: string): StowageError {
  if (present.state !== 'retained') {
    return new StowageError(
      'E_VOLUME_EXISTS',
      `a volume of this name exists with other options: ${difference}`,
    );
  }
  return new StowageError(
    'E_VOLUME_EXISTS',
    `the retained data of a volume of this name has other options: ${difference}`,
    {
      remedy: 'Create it without options to take the data back into use, or choose another name.',
    },
  );
}

function backendNameIn(raw: Readonly<Record<string, string>>): string | undefined {
  const given = Object.entries(raw).filter(([key]) => isBackend(key));
  const [name, ...others] = new Set(given.map(([, value]) => value.trim().toLowerCase()));
  if (others.length === 0) return name;
  throw new StowageError('E_INVALID_OPTION', 'backend is given twice with different values');
}

function isBackend(optionName: string): boolean {
  return optionName.toLowerCase() === 'backend';
}

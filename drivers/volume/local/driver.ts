import { join } from 'node:path';
import { StowageError, toStowageError } from '../../../plugin/core/errors.ts';
import type {
  CloneSource,
  DiscoveredVolume,
  DriverContext,
  DriverStatus,
  Holder,
  Usage,
  Volume,
  VolumeDriver,
} from '../../../plugin/core/ports/volume-driver.ts';
import { DirectoryForm } from './directory.ts';
import { HostPathForm } from './host-path.ts';
import { ImageForm } from './image.ts';
import type { ClonePlace, LocalForm, Place } from './kind.ts';
import { Layout } from './layout.ts';
import { readMark, writeMark } from './mark.ts';
import { MemoryForm } from './memory.ts';
import { kindOf, type LocalKind, type LocalOptions } from './options.ts';

type LocalVolume = Volume<LocalOptions>;

/**
 * Volumes on this host's disks. Each has a home directory with a mark; it is filled in a staging area and moved into
 * place in one step, and moved out in one step when it is removed, so it is whole or absent at every instant.
 */
export class LocalDriver implements VolumeDriver<LocalOptions> {
  readonly #context: DriverContext;
  readonly #layout: Layout;
  readonly #forms: Readonly<Record<LocalKind, LocalForm>>;
  #emptying: Promise<void> = Promise.resolve();

  constructor(context: DriverContext) {
    const { host, settings } = context;
    this.#context = context;
    this.#layout = new Layout(settings.dataDirectory);
    const path = new HostPathForm(host, settings.pathRoots, settings.dataDirectory);
    this.#forms = {
      directory: new DirectoryForm(host, path),
      image: new ImageForm(host, context.log),
      path,
      memory: new MemoryForm(host),
    };
  }

  async recover(): Promise<void> {
    await this.#context.host.files.removeTree(this.#layout.staging);
    // Now, because on a full disk it cannot be made, and removing is the way out of that.
    await this.#context.host.files.makeDirectory(this.#layout.trash);
    this.#emptyTrash();
  }

  async discover(): Promise<DiscoveredVolume[]> {
    const names = await this.#context.host.files.list(this.#layout.volumes);
    const marks = await Promise.all(names.map(async (name) => await this.#readableMark(name)));
    return marks.flatMap((mark, index) => (mark === undefined || mark.name !== names[index] ? [] : [mark]));
  }

  async find(name: string): Promise<DiscoveredVolume | undefined> {
    const mark = await readMark(this.#context.host.files, this.#layout.home(name));
    return mark?.name === name ? mark : undefined;
  }

  async create(volume: LocalVolume, source?: CloneSource<LocalOptions>): Promise<void> {
    const { files } = this.#context.host;
    const home = this.#layout.home(volume.name);
    if (await files.exists(home)) return await this.#checkOwnMark(volume, home);
    if (source !== undefined) await this.#checkSource(volume, source);
    const staging = this.#layout.stagingHome(volume.name);
    try {
      await files.removeTree(staging);
      await files.makePassingDirectory(staging);
      await this.#form(volume).populate({ volume, home: staging }, source && this.#clonePlace(source));
      await this.#writeMark(volume, staging, false);
      await files.makeDirectory(this.#layout.volumes);
      await files.move(staging, home);
    } catch (thrown) {
      await this.#leaveNothing(volume);
      throw thrown;
    }
  }

  async remove(volume: LocalVolume): Promise<void> {
    const { files } = this.#context.host;
    await files.removeTree(this.#layout.stagingHome(volume.name));
    const home = this.#layout.home(volume.name);
    if (!(await this.#isMarked(volume, home))) return;
    await files.makeDirectory(this.#layout.trash);
    await files.move(home, this.#layout.trashHome(volume));
    this.#emptyTrash();
  }

  async record(volume: LocalVolume, retained: boolean): Promise<void> {
    await this.#writeMark(volume, this.#layout.home(volume.name), retained);
  }

  async mount(volume: LocalVolume, target: string): Promise<void> {
    await this.#form(volume).mount(this.#place(volume), target);
  }

  async unmount(_volume: LocalVolume, target: string): Promise<void> {
    await this.#context.host.mounts.unmount(target);
  }

  async mustLive(): Promise<void> {
    // A mount of this host's own files lives as long as the host does.
  }

  async grow(volume: LocalVolume, target: string | undefined): Promise<void> {
    await this.#form(volume).grow(this.#place(volume), target);
  }

  async holders(volume: LocalVolume, target: string | undefined): Promise<Holder[]> {
    const thing = await this.#form(volume).mountedThing(this.#place(volume), target);
    return thing === undefined ? [] : await this.#context.host.mounts.holders(thing, target);
  }

  async usage(volume: LocalVolume, target: string | undefined): Promise<Usage | undefined> {
    return await this.#form(volume).usage(this.#place(volume), target);
  }

  async measure(volume: LocalVolume): Promise<Usage | undefined> {
    return await this.#form(volume).measure(this.#place(volume));
  }

  describe(volume: LocalVolume): DriverStatus {
    return this.#form(volume).describe(volume.options);
  }

  async close(): Promise<void> {
    // Emptying the trash is not waited for: the next start goes on with it.
  }

  #form(volume: LocalVolume): LocalForm {
    return this.#forms[kindOf(volume.options)];
  }

  #place(volume: LocalVolume): Place {
    return { volume, home: this.#layout.home(volume.name) };
  }

  #clonePlace(source: CloneSource<LocalOptions>): ClonePlace {
    return { ...source, home: this.#layout.home(source.volume.name) };
  }

  async #writeMark(volume: LocalVolume, home: string, retained: boolean): Promise<void> {
    const { name, given, createdAt } = volume;
    await writeMark(this.#context.host.files, home, { name, given, createdAt, retained });
  }

  /** One mark that the disk does not give must not hide the other volumes. */
  async #readableMark(name: string): Promise<DiscoveredVolume | undefined> {
    try {
      return await readMark(this.#context.host.files, this.#layout.home(name));
    } catch (thrown) {
      this.#context.log.error(
        { err: toStowageError(thrown), volume: name },
        'the mark of a volume cannot be read',
      );
      return undefined;
    }
  }

  async #isMarked(volume: LocalVolume, home: string): Promise<boolean> {
    const mark = await readMark(this.#context.host.files, home);
    return mark?.name === volume.name && mark.createdAt.getTime() === volume.createdAt.getTime();
  }

  async #checkOwnMark(volume: LocalVolume, home: string): Promise<void> {
    if (await this.#isMarked(volume, home)) return;
    throw new StowageError(
      'E_VOLUME_EXISTS',
      `${home} exists already and belongs to another volume or to nobody`,
      {
        remedy: 'Move it away, or choose another name.',
      },
    );
  }

  /** A copy of files that change meanwhile is no copy of any moment: the source has to be at rest. */
  async #checkSource(volume: LocalVolume, source: CloneSource<LocalOptions>): Promise<void> {
    const [from, to] = [kindOf(source.volume.options), kindOf(volume.options)];
    const fits = from === to || (from === 'path' && to === 'directory');
    if (!fits || from === 'memory' || source.volume.options.fsType !== volume.options.fsType) {
      throw new StowageError(
        'E_NOT_SUPPORTED',
        `a clone has the form of its source; ${source.volume.name} is ${describeKind(source.volume.options)}`,
      );
    }
    if ((volume.options.size ?? 0) < (source.volume.options.size ?? 0)) {
      throw new StowageError('E_INVALID_OPTION', 'a clone cannot be smaller than its source', {
        remedy: 'Leave size out, or make it larger.',
      });
    }
    const holders = await this.holders(source.volume, source.target);
    if (source.target === undefined && holders.length === 0) return;
    throw new StowageError(
      'E_VOLUME_IN_USE',
      `its source ${source.volume.name} is in use, so a copy would not be of one moment`,
      {
        remedy: 'Stop the containers that use the source, then repeat.',
      },
    );
  }

  /** Also what was moved into place already, when only making that durable failed. */
  async #leaveNothing(volume: LocalVolume): Promise<void> {
    try {
      await this.remove(volume);
    } catch (thrown) {
      // The next start clears it; what went wrong first is what the caller must hear.
      this.#context.log.warn({ err: toStowageError(thrown) }, 'could not clear a half-made volume');
    }
  }

  /** Deletes what lies in the trash, without anybody waiting for it. One round at a time. */
  #emptyTrash(): void {
    const previous = this.#emptying;
    this.#emptying = (async () => {
      await previous;
      await this.#emptyTrashNow();
    })();
  }

  async #emptyTrashNow(): Promise<void> {
    const { files } = this.#context.host;
    try {
      for (const name of await files.list(this.#layout.trash))
        await files.removeTree(join(this.#layout.trash, name));
    } catch (thrown) {
      this.#context.log.warn(
        { err: toStowageError(thrown) },
        'could not empty the trash; the next removal tries again',
      );
    }
  }
}

function describeKind(options: LocalOptions): string {
  const kind = kindOf(options);
  return kind === 'image' ? `an ${options.fsType} volume with size` : `a ${kind} volume`;
}

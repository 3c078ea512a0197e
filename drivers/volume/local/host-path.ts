import { type ErrorCode, StowageError } from '../../../plugin/core/errors.ts';
import type { Host, MountedThing, PinnedDirectory } from '../../../plugin/core/ports/host.ts';
import type { PathRoot, Usage } from '../../../plugin/core/ports/volume-driver.ts';
import type { LocalForm, Place } from './kind.ts';
import type { LocalOptions } from './options.ts';

/** What a directory that is not there any more, or that may not be used any more, is refused with. */
const GONE: readonly ErrorCode[] = ['E_INVALID_OPTION', 'E_PATH_NOT_ALLOWED'];

/** `path=`: an existing host directory, used as it is and never deleted. */
export class HostPathForm implements LocalForm {
  readonly #host: Host;
  readonly #roots: readonly PathRoot[];
  readonly #dataDirectory: string;

  constructor(host: Host, roots: readonly PathRoot[], dataDirectory: string) {
    this.#host = host;
    this.#roots = roots;
    this.#dataDirectory = dataDirectory;
  }

  /** Nothing is made; the directory only has to be one that may be used. */
  async populate({ volume }: Place): Promise<void> {
    await this.use(volume.options, async () => undefined);
  }

  async mount({ volume }: Place, target: string): Promise<void> {
    await this.use(volume.options, async (directory) => {
      await this.#host.mounts.bind(directory, target, volume.options.mountOptions);
    });
  }

  async grow(): Promise<void> {
    // A host directory has no size of ours; `size` is never among its options.
  }

  /** Removing forgets such a volume and deletes nothing, so it must not fail because the directory is gone. */
  async mountedThing({ volume }: Place): Promise<MountedThing | undefined> {
    try {
      return await this.use(volume.options, async (directory) => await this.#host.mounts.identify(directory));
    } catch (thrown) {
      if (thrown instanceof StowageError && GONE.includes(thrown.code)) return undefined;
      throw thrown;
    }
  }

  async usage(): Promise<Usage | undefined> {
    return undefined;
  }

  async measure({ volume }: Place): Promise<Usage> {
    return await this.use(volume.options, async (directory) => ({
      usedBytes: await this.#host.files.diskUsage(directory),
    }));
  }

  describe(options: LocalOptions): Readonly<Record<string, string>> {
    return { size: 'unlimited', fileSystem: "the host's", path: options.path ?? '', reclaimPolicy: 'retain' };
  }

  /**
   * Calls back with a path that leads to the host directory, whatever happens to names and links meanwhile.
   * E_PATH_NOT_ALLOWED when it lies, or a link leads, outside the allowed roots, or into Stowage's own directory.
   */
  async use<Result>(options: LocalOptions, work: (directory: string) => Promise<Result>): Promise<Result> {
    const path = options.path ?? '';
    const root = this.#rootOf(path);
    await this.#host.files.mustAnswer(root.insidePath + path.slice(root.hostPath.length));
    const pinnedRoot = await this.#host.files.pinDirectory(root.insidePath);
    try {
      const pinned = await this.#host.files.pinDirectory(root.insidePath + path.slice(root.hostPath.length));
      try {
        await this.#checkPlace(path, pinned, pinnedRoot);
        return await work(pinned.path);
      } finally {
        await pinned.release();
      }
    } finally {
      await pinnedRoot.release();
    }
  }

  #rootOf(path: string): PathRoot {
    const fitting = this.#roots.filter(({ hostPath }) => isWithin(path, hostPath));
    const [root] = fitting.toSorted((left, right) => right.hostPath.length - left.hostPath.length);
    if (root !== undefined) return root;
    const allowed = this.#roots.map(({ hostPath }) => hostPath).join(', ');
    throw new StowageError(
      'E_PATH_NOT_ALLOWED',
      `path=${path} is not below a directory that the operator allowed (${allowed === '' ? 'none' : allowed})`,
    );
  }

  async #checkPlace(path: string, pinned: PinnedDirectory, pinnedRoot: PinnedDirectory): Promise<void> {
    if (!isWithin(pinned.realPath, pinnedRoot.realPath)) {
      throw new StowageError(
        'E_PATH_NOT_ALLOWED',
        `path=${path} leads through a symbolic link out of the directory that the operator allowed`,
      );
    }
    const [own, asked] = await Promise.all([
      this.#host.mounts.identify(this.#dataDirectory),
      this.#host.mounts.identify(pinned.path),
    ]);
    const overlaps =
      own.device === asked.device && (isWithin(own.root, asked.root) || isWithin(asked.root, own.root));
    if (overlaps)
      throw new StowageError('E_PATH_NOT_ALLOWED', `path=${path} would show Stowage's own data directory`);
  }
}

/** True when `path` is `directory` or lies below it. */
function isWithin(path: string, directory: string): boolean {
  return path === directory || path.startsWith(directory.endsWith('/') ? directory : `${directory}/`);
}

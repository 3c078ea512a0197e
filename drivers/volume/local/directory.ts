import { StowageError } from '../../../plugin/core/errors.ts';
import type { FileTree, Host, MountedThing } from '../../../plugin/core/ports/host.ts';
import type { Usage } from '../../../plugin/core/ports/volume-driver.ts';
import type { HostPathForm } from './host-path.ts';
import type { ClonePlace, LocalForm, Place } from './kind.ts';
import { dataDirectoryOf } from './layout.ts';
import { kindOf, type LocalOptions } from './options.ts';

/** The default: a directory on the host's file system, without a cap. */
export class DirectoryForm implements LocalForm {
  readonly #host: Host;
  readonly #hostPath: HostPathForm;

  constructor(host: Host, hostPath: HostPathForm) {
    this.#host = host;
    this.#hostPath = hostPath;
  }

  async populate({ volume, home }: Place, source: ClonePlace | undefined): Promise<void> {
    const { uid, gid, mode } = volume.options;
    const data = dataDirectoryOf(home);
    if (source === undefined) await this.#host.files.makeDirectory(data, { uid, gid, mode });
    else await this.#copy(this.#host.files, source, data);
  }

  async #copy(files: FileTree, source: ClonePlace, data: string): Promise<void> {
    if (kindOf(source.volume.options) === 'path') {
      await this.#hostPath.use(
        source.volume.options,
        async (directory) => await files.copyTree(directory, data),
      );
      return;
    }
    await files.copyTree(dataDirectoryOf(source.home), data);
  }

  async mount({ volume, home }: Place, target: string): Promise<void> {
    const data = dataDirectoryOf(home);
    if (!(await this.#host.files.exists(data))) {
      throw new StowageError('E_MOUNT_FAILED', `its directory ${data} is gone`, {
        remedy: 'Bring the data directory back (is its disk mounted?), or remove the volume.',
      });
    }
    await this.#host.mounts.bind(data, target, volume.options.mountOptions);
  }

  async grow(): Promise<void> {
    // A directory has no size; `size` is never among its options.
  }

  async mountedThing({ home }: Place): Promise<MountedThing | undefined> {
    const data = dataDirectoryOf(home);
    return (await this.#host.files.exists(data)) ? await this.#host.mounts.identify(data) : undefined;
  }

  async usage(): Promise<Usage | undefined> {
    return undefined;
  }

  async measure({ home }: Place): Promise<Usage> {
    return { usedBytes: await this.#host.files.diskUsage(dataDirectoryOf(home)) };
  }

  describe(_options: LocalOptions): Readonly<Record<string, string>> {
    return { size: 'unlimited', fileSystem: "the host's" };
  }
}

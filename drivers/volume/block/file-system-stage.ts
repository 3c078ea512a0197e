import { join } from 'node:path';
import { StowageError } from '../../../plugin/core/errors.ts';
import type { FileSystemType, Host, Ownership } from '../../../plugin/core/ports/host.ts';

/** File systems round their size down a little; only more than this is worth growing into. */
const GROW_SLACK = 4 * 1024 * 1024;
/** The directory of a volume's file system that containers see. */
const DATA_DIRECTORY = 'data';

/** A file system on a device, and how it is mounted. */
export interface StagedFileSystem {
  /** Device node. */
  readonly device: string;
  readonly type: FileSystemType;
  /** Mount options of the file system. */
  readonly options: readonly string[];
}

/**
 * From a device to what containers see. The file system is mounted on a directory of our own only in passing: what is
 * bound elsewhere meanwhile keeps it alive afterwards; if the process dies in between, the kernel takes everything back.
 */
export class FileSystemStage {
  readonly #host: Host;

  constructor(host: Host) {
    this.#host = host;
  }

  /** Mounts the file system for as long as the work takes. */
  async inPassing(fileSystem: StagedFileSystem, work: (root: string) => Promise<void>): Promise<void> {
    const scratch = await this.#host.files.makeScratchDirectory();
    try {
      await this.#host.mounts.mount({
        source: fileSystem.device,
        target: scratch,
        fileSystem: fileSystem.type,
        options: fileSystem.options,
      });
      await work(scratch);
    } finally {
      await this.#host.mounts.unmount(scratch);
      await this.#host.files.removeEmptyDirectory(scratch);
    }
  }

  /** After it resolves `target` shows the data directory of the file system; it is made as asked when there is none. */
  async bindData(root: string, target: string, ownership: Ownership): Promise<void> {
    await this.#host.mounts.bind(await this.#dataDirectory(root, ownership), target, []);
  }

  /** After it resolves `target` shows the whole file system: for disks that were not made by Stowage. */
  async bindWhole(root: string, target: string): Promise<void> {
    await this.#host.mounts.bind(root, target, []);
  }

  /** Whether the file system covers so much less than `sizeBytes` that growing is worth it. */
  async isSmallerThan(device: string, sizeBytes: number): Promise<boolean> {
    const facts = await this.#host.fileSystems.probe(device);
    return facts !== undefined && sizeBytes - facts.sizeBytes > GROW_SLACK;
  }

  /** A sub-directory, so that `lost+found` does not keep Docker from copying image content into an empty volume. */
  async #dataDirectory(root: string, ownership: Ownership): Promise<string> {
    const data = join(root, DATA_DIRECTORY);
    await this.#host.files.makeDirectory(data, ownership);
    if ((await this.#realPath(data)) === join(await this.#realPath(root), DATA_DIRECTORY)) return data;
    throw new StowageError(
      'E_FILESYSTEM_DAMAGED',
      'the top directory of its file system is not what Stowage made',
    );
  }

  async #realPath(path: string): Promise<string> {
    const pinned = await this.#host.files.pinDirectory(path);
    await pinned.release();
    return pinned.realPath;
  }
}

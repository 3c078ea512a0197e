import { StowageError } from '../../../plugin/core/errors.ts';
import { formatBytes } from '../../../plugin/core/option-sizes.ts';
import type { Host, MountedThing } from '../../../plugin/core/ports/host.ts';
import type { Usage } from '../../../plugin/core/ports/volume-driver.ts';
import type { LocalForm, Place } from './kind.ts';
import type { LocalOptions } from './options.ts';

/** `medium=memory`: a tmpfs that lives from the first mount to the last unmount. */
export class MemoryForm implements LocalForm {
  readonly #host: Host;

  constructor(host: Host) {
    this.#host = host;
  }

  async populate(): Promise<void> {
    // Memory is taken when it is mounted.
  }

  async mount({ volume }: Place, target: string): Promise<void> {
    const { size, uid, gid, mode, mountOptions } = volume.options;
    await this.#host.mounts.mount({
      source: 'stowage',
      target,
      fileSystem: 'tmpfs',
      options: [
        ...mountOptions,
        `size=${String(size)}`,
        `uid=${String(uid)}`,
        `gid=${String(gid)}`,
        `mode=${mode.toString(8)}`,
      ],
    });
  }

  async grow({ volume }: Place, target: string | undefined): Promise<void> {
    if (target === undefined) return;
    const { size, mountOptions } = volume.options;
    await this.#host.mounts.remount(target, 'tmpfs', [...mountOptions, `size=${String(size)}`]);
  }

  async mountedThing(_place: Place, target: string | undefined): Promise<MountedThing | undefined> {
    return target === undefined ? undefined : await this.#host.mounts.identify(target);
  }

  async usage(_place: Place, target: string | undefined): Promise<Usage | undefined> {
    return target === undefined ? { usedBytes: 0 } : await this.#host.fileSystems.space(target);
  }

  async measure(): Promise<Usage | undefined> {
    return undefined;
  }

  describe({ size }: LocalOptions): Readonly<Record<string, string>> {
    if (size === undefined) throw new StowageError('E_INTERNAL', 'a memory volume without size');
    return { size: formatBytes(size), fileSystem: 'tmpfs', medium: 'memory' };
  }
}

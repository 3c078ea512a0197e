import { StowageError, toStowageError } from '../../../plugin/core/errors.ts';
import type { Host, Log, LoopDevice, MountedThing } from '../../../plugin/core/ports/host.ts';
import type { Usage } from '../../../plugin/core/ports/volume-driver.ts';
import { formatBytes } from '../../../plugin/core/option-sizes.ts';
import type { ClonePlace, LocalForm, Place } from './kind.ts';
import { FileSystemStage } from '../block/file-system-stage.ts';
import { imageOf } from './layout.ts';
import type { LocalOptions } from './options.ts';

/** `size=`: a file system of its own in a sparse image file, shown by a loop device. Full is full for this volume only. */
export class ImageForm implements LocalForm {
  readonly #host: Host;
  readonly #stage: FileSystemStage;
  readonly #log: Log;

  constructor(host: Host, log: Log) {
    this.#host = host;
    this.#stage = new FileSystemStage(host);
    this.#log = log;
  }

  async populate({ volume, home }: Place, source: ClonePlace | undefined): Promise<void> {
    const { size = 0, fsType } = volume.options;
    const image = imageOf(home);
    if (source === undefined) {
      await this.#host.files.allocate(image, size);
      await this.#format(image, volume.options);
      return;
    }
    await this.#host.fileSystems.takeBackGrowing(imageOf(source.home));
    await this.#host.files.copyFile(imageOf(source.home), image);
    await this.#host.fileSystems.check(image, fsType);
    // A file system log that still has to be replayed keeps the copy from getting an identity of its own.
    if (fsType === 'xfs') await this.#withScratchMount({ volume, home }, ['nouuid'], async () => undefined);
    await this.#host.fileSystems.renew(image, fsType);
    await this.#host.files.allocate(image, size);
  }

  /** What mkfs says against a user's options is the user's to hear. */
  async #format(image: string, { fsType, mkfsOptions }: LocalOptions): Promise<void> {
    try {
      await this.#host.fileSystems.format(image, fsType, mkfsOptions);
    } catch (thrown) {
      const error = toStowageError(thrown);
      if (mkfsOptions.length === 0 || error.code !== 'E_HOST_FAILED') throw error;
      throw new StowageError('E_INVALID_OPTION', `mkfsOptions=${mkfsOptions.join(' ')}: ${error.message}`, {
        remedy: 'Correct mkfsOptions or leave them out, then repeat.',
        cause: error,
      });
    }
  }

  async mount(place: Place, target: string): Promise<void> {
    const { options } = place.volume;
    await this.#withScratchMount(place, options.mountOptions, async (root, loop) => {
      await this.#stage.bindData(root, target, options);
      await this.#growIntoDevice(place, loop, target);
    });
  }

  async grow(place: Place, target: string | undefined): Promise<void> {
    if (!(await this.#isSmallerThanAsked(place))) return;
    const { size = 0, fsType } = place.volume.options;
    const image = imageOf(place.home);
    await this.#host.files.allocate(image, size);
    const loop = target === undefined ? undefined : await this.#host.blockDevices.findLoop(image);
    // Not mounted: the next mount lets the file system fill the image.
    if (loop === undefined || target === undefined) return;
    try {
      await this.#host.blockDevices.refreshLoop(loop);
      await this.#host.fileSystems.grow(loop.path, target, fsType);
    } finally {
      await loop.release();
    }
  }

  /** A container that outlived our mount keeps the loop device alive, so the device tells. */
  async mountedThing({ home }: Place): Promise<MountedThing | undefined> {
    const image = imageOf(home);
    if (!(await this.#host.files.exists(image))) return undefined;
    const loop = await this.#host.blockDevices.findLoop(image);
    if (loop === undefined) return undefined;
    await loop.release();
    return { device: loop.device, root: '/' };
  }

  async usage(_place: Place, target: string | undefined): Promise<Usage | undefined> {
    return target === undefined ? undefined : await this.#host.fileSystems.space(target);
  }

  async measure({ home }: Place): Promise<Usage> {
    return { usedBytes: await this.#host.files.diskUsage(imageOf(home)) };
  }

  describe({ size = 0, fsType }: LocalOptions): Readonly<Record<string, string>> {
    return { size: formatBytes(size), fileSystem: fsType };
  }

  /** Mounts the image's file system in passing; the loop device lives as long as something of it is mounted. */
  async #withScratchMount(
    place: Place,
    options: readonly string[],
    work: (root: string, loop: LoopDevice) => Promise<void>,
  ): Promise<void> {
    const loop = await this.#attach(place);
    try {
      const fileSystem = { device: loop.path, type: place.volume.options.fsType, options };
      await this.#stage.inPassing(fileSystem, async (root) => await work(root, loop));
    } finally {
      await loop.release();
    }
  }

  /** Two loop devices on one image would destroy it: a device that exists, whoever keeps it, is used again. */
  async #attach({ volume, home }: Place): Promise<LoopDevice> {
    const image = imageOf(home);
    if (!(await this.#host.files.exists(image))) {
      throw new StowageError('E_MOUNT_FAILED', `its image ${image} is gone`, {
        remedy: 'Bring the data directory back (is its disk mounted?), or remove the volume.',
      });
    }
    const present = await this.#host.blockDevices.findLoop(image);
    if (present !== undefined) return present;
    const { size = 0, fsType } = volume.options;
    await this.#host.fileSystems.takeBackGrowing(image);
    await this.#checkFileSystem(image, fsType);
    await this.#host.files.allocate(image, size);
    if (await this.#isSmallerThanAsked({ volume, home })) {
      await this.#host.fileSystems.grow(image, undefined, fsType);
    }
    return await this.#host.blockDevices.attachLoop(image);
  }

  async #checkFileSystem(image: string, fsType: LocalOptions['fsType']): Promise<void> {
    const facts = await this.#host.fileSystems.probe(image);
    if (facts?.type !== fsType) {
      throw new StowageError(
        'E_FILESYSTEM_DAMAGED',
        `its image ${image} has ${facts?.type ?? 'no'} file system where ${fsType} should be`,
      );
    }
    if (facts.sizeBytes > (await this.#host.files.sizeOf(image))) {
      throw new StowageError(
        'E_FILESYSTEM_DAMAGED',
        `its image ${image} is cut off: the end of its file system is gone`,
      );
    }
    if (!facts.clean) await this.#host.fileSystems.check(image, fsType);
  }

  /** A growing that was interrupted, or asked for while unmounted, is finished here. It must not keep a mount from users. */
  async #growIntoDevice(place: Place, loop: LoopDevice, target: string): Promise<void> {
    if (!(await this.#isSmallerThanAsked(place))) return;
    try {
      await this.#host.blockDevices.refreshLoop(loop);
      await this.#host.fileSystems.grow(loop.path, target, place.volume.options.fsType);
    } catch (thrown) {
      this.#log.warn(
        { err: toStowageError(thrown), volume: place.volume.name },
        'mounted, but smaller than asked',
      );
    }
  }

  async #isSmallerThanAsked({ volume, home }: Place): Promise<boolean> {
    return await this.#stage.isSmallerThan(imageOf(home), volume.options.size ?? 0);
  }
}

import { StowageError } from '../../../plugin/core/errors.ts';
import type { Clock, Log } from '../../../plugin/core/ports/host.ts';
import type { Volume } from '../../../plugin/core/ports/volume-driver.ts';
import type { Attacher } from './attacher.ts';
import type { BlockCloud } from './cloud.ts';
import type { DiskDirectory, VolumeDisk } from './disk-directory.ts';
import type { BlockOptions } from './options.ts';
import { pause } from './pause.ts';
import { heldElsewhere } from './refusals.ts';

const SNAPSHOT_POLL_MS = 5_000;

/** What `Disposal` is made of. */
export interface DisposalParts<Options extends BlockOptions> {
  readonly cloud: BlockCloud<Options>;
  readonly directory: DiskDirectory;
  readonly attacher: Attacher<Options>;
  readonly clock: Clock;
  readonly log: Log;
  /** Hears of every deleted disk. */
  freed(name: string): void;
}

/** The end of a volume: as its reclaim policy says, and never while any machine has its disk. */
export class Disposal<Options extends BlockOptions> {
  readonly #parts: DisposalParts<Options>;

  constructor(parts: DisposalParts<Options>) {
    this.#parts = parts;
  }

  /** As `VolumeDriver.remove`. E_VOLUME_IN_USE names another machine that has the disk. */
  async remove(volume: Volume<Options>): Promise<void> {
    const { cloud, directory, attacher } = this.#parts;
    const disk = await directory.find(volume.name);
    if (disk === undefined || disk.record.createdAt.getTime() !== volume.createdAt.getTime()) return;
    const adopted = volume.options.volumeId !== undefined;
    const [other] = await attacher.others(disk);
    if (other !== undefined && !adopted) throw heldElsewhere(disk, other.machine, 'and so in use');
    await attacher.detach(disk);
    if (adopted) await cloud.forget(disk);
    else {
      if (volume.options.reclaimPolicy === 'snapshot') await this.#keepSnapshot(disk);
      await cloud.delete(disk);
      this.#parts.freed(volume.name);
    }
    directory.drop(volume.name);
  }

  /** The disk is deleted only when its last snapshot is whole. A blank one has nothing to keep. */
  async #keepSnapshot(disk: VolumeDisk): Promise<void> {
    if (disk.record.content === 'fresh') return;
    const { cloud, clock, log } = this.#parts;
    const begun = await cloud.snapshot(disk, 'reclaim');
    log.info({ disk: disk.id, snapshot: begun.id }, 'takes a last snapshot');
    for (let now: typeof begun | undefined = begun; now?.state !== 'ready';) {
      if (now === undefined || now.state === 'failed')
        throw new StowageError(
          'E_CLOUD_FAILED',
          `the last snapshot ${begun.id} failed, so disk ${disk.id} is kept`,
          {
            remedy: 'Repeat, or change reclaimPolicy.',
          },
        );
      await pause(clock, SNAPSHOT_POLL_MS);
      now = await cloud.findSnapshot(begun.id);
    }
  }
}

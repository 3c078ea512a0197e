import { StowageError, toStowageError } from '../../../plugin/core/errors.ts';
import type { Clock, Log } from '../../../plugin/core/ports/host.ts';
import type { BlockCloud } from './cloud.ts';
import type { DiskDirectory, VolumeDisk } from './disk-directory.ts';
import type { BlockOptions } from './options.ts';

/** Who asks first after a start does not wait for what nobody waits for. */
const FIRST_AFTER_MS = 5_000;
/** A cloud that does not answer is asked again after this. */
const AGAIN_MS = 30_000;
/** A passing snapshot of another node older than this serves nobody any more. */
const SNAPSHOT_AGE_MS = 24 * 3_600_000;

/** What `Tidying` is made of. */
export interface TidyingParts<Options extends BlockOptions> {
  readonly cloud: BlockCloud<Options>;
  readonly directory: DiskDirectory;
  readonly clock: Clock;
  readonly log: Log;
  /** Whether this process is taking passing snapshots itself. */
  isCloning(): boolean;
  /** Detaches a disk of this machine if nothing uses it. */
  detachLater(disk: VolumeDisk): void;
}

/** After a start: lets go of disks that an interrupted life left attached, and of snapshots that it left in passing. */
export class Tidying<Options extends BlockOptions> {
  readonly #parts: TidyingParts<Options>;
  #cancel: () => void = () => undefined;
  #closed = false;

  constructor(parts: TidyingParts<Options>) {
    this.#parts = parts;
  }

  /** Returns at once; goes on in the background until the cloud has answered. */
  begin(): void {
    this.#cancel = this.#parts.clock.after(FIRST_AFTER_MS, () => void this.#attempt());
  }

  close(): void {
    this.#closed = true;
    this.#cancel();
  }

  async #attempt(): Promise<void> {
    try {
      await this.#tidy();
    } catch (thrown) {
      this.#parts.log.warn(
        { err: toStowageError(thrown) },
        'cannot look for what an interruption left; tries again',
      );
      if (!this.#closed) this.#cancel = this.#parts.clock.after(AGAIN_MS, () => void this.#attempt());
    }
  }

  async #tidy(): Promise<void> {
    const { cloud, directory, clock } = this.#parts;
    const machine = await cloud.machine();
    for (const disk of (await directory.listOfLate()).values()) {
      if (this.#closed) return;
      const isHere = disk.attachments.some((attachment) => attachment.machine === machine.id);
      // What somebody attached by hand is not ours to detach.
      if (isHere && disk.record.lease === machine.id) this.#parts.detachLater(disk);
    }
    if (this.#parts.isCloning()) throw new StowageError('E_OPERATION_PENDING', 'a volume is being cloned');
    for (const { id, machine: taker, madeAt } of await cloud.snapshots('clone')) {
      const isOld = clock.now() - madeAt.getTime() > SNAPSHOT_AGE_MS;
      // Ours were taken before this start: no clone was being made when they were looked for.
      if (isOld || (taker === machine.id && !this.#parts.isCloning())) await cloud.deleteSnapshot(id);
    }
  }
}

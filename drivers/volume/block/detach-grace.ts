import { toStowageError } from '../../../plugin/core/errors.ts';
import type { Clock, Log } from '../../../plugin/core/ports/host.ts';

/** A disk that cannot be let go of yet is looked at again after this. */
const AGAIN_MS = 10_000;

interface Planned {
  cancel: () => void;
  running: Promise<void> | undefined;
}

/**
 * Detaching a little later than the last unmount: Docker mounts a new volume to copy image content into it, unmounts it and
 * mounts it again, and each attaching takes seconds.
 */
export class DetachGrace {
  readonly #milliseconds: number;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #planned = new Map<string, Planned>();
  readonly #kept = new Set<string>();
  #closed = false;

  constructor(milliseconds: number, clock: Clock, log: Log) {
    this.#milliseconds = milliseconds;
    this.#clock = clock;
    this.#log = log;
  }

  /**
   * Plans the work for a volume. It says false when it must be done again later. Nothing is planned for a volume that is
   * kept: whoever keeps it is about to use its disk, and plans anew when it no longer does.
   */
  plan(name: string, work: () => Promise<boolean>): void {
    if (this.#kept.has(name)) return;
    this.#planned.get(name)?.cancel();
    this.#arm(name, work, this.#milliseconds);
  }

  /** Does something with the disk of a volume, while which it is not detached. Detaching under way is over before. */
  async keeping<Result>(name: string, work: () => Promise<Result>): Promise<Result> {
    this.#kept.add(name);
    try {
      const planned = this.#planned.get(name);
      planned?.cancel();
      this.#planned.delete(name);
      await planned?.running;
      return await work();
    } finally {
      this.#kept.delete(name);
    }
  }

  /** Nothing is begun any more; what is under way goes on. */
  close(): void {
    this.#closed = true;
    for (const { cancel } of this.#planned.values()) cancel();
    this.#planned.clear();
  }

  #arm(name: string, work: () => Promise<boolean>, milliseconds: number): void {
    if (this.#closed) return;
    const planned: Planned = {
      running: undefined,
      cancel: this.#clock.after(milliseconds, () => {
        planned.running = this.#run(name, planned, work);
      }),
    };
    this.#planned.set(name, planned);
  }

  async #run(name: string, planned: Planned, work: () => Promise<boolean>): Promise<void> {
    let done = false;
    try {
      done = await work();
    } catch (thrown) {
      this.#log.warn({ err: toStowageError(thrown), volume: name }, 'cannot detach a disk; tries again');
    }
    // Another plan, or a cancelling, has come meanwhile.
    if (this.#planned.get(name) !== planned) return;
    if (done) this.#planned.delete(name);
    else this.#arm(name, work, AGAIN_MS);
  }
}

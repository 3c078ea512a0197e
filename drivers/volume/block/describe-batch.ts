import type { Clock } from '../../../plugin/core/ports/host.ts';
import type { CloudDisk } from './cloud.ts';
import { pause } from './pause.ts';

/** Long enough for the waiters of a burst to meet, too short to be noticed beside a call to a cloud. */
const GATHER_MS = 25;

/** What it asks. */
export interface DescribedCloud {
  readonly largestDescribe: number;
  describe(ids: readonly string[]): Promise<CloudDisk[]>;
}

/** Describes disks; those that are asked for within an instant of each other share a call. */
export class DescribeBatch {
  readonly #cloud: DescribedCloud;
  readonly #clock: Clock;
  #gathering: { readonly ids: Set<string>; readonly answer: Promise<Map<string, CloudDisk>> } | undefined;

  constructor(cloud: DescribedCloud, clock: Clock) {
    this.#cloud = cloud;
    this.#clock = clock;
  }

  /** The disk as it is now; undefined when the cloud knows none. */
  async describe(id: string): Promise<CloudDisk | undefined> {
    if (this.#gathering === undefined) {
      const ids = new Set<string>();
      this.#gathering = { ids, answer: this.#ask(ids) };
    }
    this.#gathering.ids.add(id);
    return (await this.#gathering.answer).get(id);
  }

  async #ask(ids: ReadonlySet<string>): Promise<Map<string, CloudDisk>> {
    await pause(this.#clock, GATHER_MS);
    this.#gathering = undefined;
    const all = [...ids];
    const { largestDescribe } = this.#cloud;
    const parts = Array.from({ length: Math.ceil(all.length / largestDescribe) }, (_, index) =>
      all.slice(index * largestDescribe, (index + 1) * largestDescribe),
    );
    const answers = await Promise.all(parts.map(async (part) => await this.#cloud.describe(part)));
    return new Map(answers.flat().map((disk) => [disk.id, disk]));
  }
}

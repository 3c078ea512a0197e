import { StowageError } from '../../../plugin/core/errors.ts';
import type { Gce } from './client.ts';
import { isOutdated } from './errors.ts';
import { placeOf } from './names.ts';
import type { Labels } from './record-labels.ts';

/** So often somebody else may change the labels of a disk between our reading and our writing. */
const ATTEMPTS = 5;

/** Labels as they were read, with what GCE wants to be told when they are changed. */
export interface SeenLabels {
  readonly labels: Labels;
  readonly fingerprint: string;
}

/**
 * Changes the labels of disks. GCE replaces all of them at once, and only for who has read the present ones, so that what
 * others wrote meanwhile is never lost.
 */
export class DiskLabels {
  readonly #gce: Gce;
  /** As they were last seen, by disk. */
  readonly #seen = new Map<string, SeenLabels>();

  constructor(gce: Gce) {
    this.#gce = gce;
  }

  /** Keeps what an answer has just shown, so that it need not be read again. */
  keep(id: string, seen: SeenLabels): void {
    this.#seen.set(id, seen);
  }

  /** The disk is gone. */
  drop(id: string): void {
    this.#seen.delete(id);
  }

  /** After it resolves the labels are what `change` makes of the present ones. E_VOLUME_NOT_FOUND. */
  async change(id: string, change: (present: Labels) => Labels): Promise<void> {
    for (let attempt = 1; ; attempt += 1) {
      const { labels, fingerprint } = this.#seen.get(id) ?? (await this.#read(id));
      const wanted = change(labels);
      if (isEqual(labels, wanted)) return;
      // What they are afterwards the next answer shows.
      this.#seen.delete(id);
      try {
        return await this.#gce.setDiskLabels(placeOf(id), wanted, fingerprint);
      } catch (thrown) {
        if (!isOutdated(thrown) || attempt === ATTEMPTS) throw thrown;
        this.#seen.delete(id);
      }
    }
  }

  async #read(id: string): Promise<SeenLabels> {
    const disk = await this.#gce.getDisk(placeOf(id));
    if (disk === undefined)
      throw new StowageError('E_VOLUME_NOT_FOUND', `its disk ${id} is gone from the cloud`);
    return { labels: disk.labels ?? {}, fingerprint: disk.labelFingerprint ?? '' };
  }
}

function isEqual(one: Labels, other: Labels): boolean {
  const entries = Object.entries(one);
  return (
    entries.length === Object.keys(other).length && entries.every(([key, value]) => other[key] === value)
  );
}

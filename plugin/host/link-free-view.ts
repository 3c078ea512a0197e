import { rmdir } from 'node:fs/promises';
import path from 'node:path';
import { toStowageError } from '../core/errors.ts';
import type { Log, Mounter } from '../core/ports/host.ts';
import { mountIdAt } from './mount-id.ts';
import type { ScratchDirectories } from './scratch-directories.ts';

/** Two directories as a command shall see them. */
export interface CopyPlaces {
  readonly from: string;
  readonly to: string;
}

/**
 * Shows directories through a mount on which no symbolic link is ever followed (`nosymfollow`, Linux 5.10). `cp` goes
 * down by path names: whoever may still write into what is copied could put a link in place of a directory under way
 * and so have any file of the host copied.
 */
export class LinkFreeView {
  readonly #mounts: Mounter;
  readonly #scratch: ScratchDirectories;
  readonly #log: Log;

  constructor(mounts: Mounter, scratch: ScratchDirectories, log: Log) {
    this.#mounts = mounts;
    this.#scratch = scratch;
    this.#log = log;
  }

  /** Calls back with the two places as they show in the view. */
  async show<Result>(places: CopyPlaces, work: (seen: CopyPlaces) => Promise<Result>): Promise<Result> {
    // One mount for both where they lie on one: older kernels share blocks only within a mount.
    const parent = await commonPlace(places);
    const view = await this.#scratch.make();
    try {
      const shown = await this.#bind(parent ?? places.from, view);
      if (!shown) return await work(places);
      if (parent === undefined) return await work({ from: view, to: places.to });
      const seen = (place: string): string => path.join(view, path.relative(parent, place));
      return await work({ from: seen(places.from), to: seen(places.to) });
    } finally {
      await this.#mounts.unmount(view);
      await rmdir(view);
    }
  }

  async #bind(directory: string, view: string): Promise<boolean> {
    try {
      await this.#mounts.bind(directory, view, ['nosymfollow']);
      return true;
    } catch (thrown) {
      this.#log.warn({ err: toStowageError(thrown) }, 'the kernel cannot keep links from being followed');
      return false;
    }
  }
}

/** The parent of both, if all three lie on one mount; what is mounted below the parent would not show in the view. */
async function commonPlace(places: CopyPlaces): Promise<string | undefined> {
  const parent = commonParent(places);
  if (parent === undefined) return undefined;
  const all = [parent, places.from, path.dirname(places.to)];
  const mounts = await Promise.all(all.map((place) => mountIdAt(place, 'no-follow')));
  return new Set(mounts).size === 1 ? parent : undefined;
}

/** Undefined when they have only the root directory in common. */
function commonParent({ from, to }: CopyPlaces): string | undefined {
  const [left, right] = [from.split('/'), to.split('/')];
  const common = left.findIndex((part, index) => part !== right[index]);
  const parent = left.slice(0, common).join('/');
  return common === -1 || parent === '' ? undefined : parent;
}

import { join } from 'node:path';
import type { LocalOptions } from './options.ts';
import type { Volume } from '../../../plugin/core/ports/volume-driver.ts';

/** Where everything of the local backend lies below the data directory. Volume names are safe as file names. */
export class Layout {
  readonly #root: string;

  constructor(dataDirectory: string) {
    this.#root = dataDirectory;
  }

  get root(): string {
    return this.#root;
  }

  /** Holds a directory per volume. */
  get volumes(): string {
    return join(this.#root, 'volumes');
  }

  /** Half-made volumes; whatever is here at a start is waste. */
  get staging(): string {
    return join(this.#root, 'staging');
  }

  /** Removed volumes on their way out; whatever is here may be deleted at any time. */
  get trash(): string {
    return join(this.#root, 'trash');
  }

  /** Everything of one volume. */
  home(name: string): string {
    return join(this.volumes, name);
  }

  stagingHome(name: string): string {
    return join(this.staging, name);
  }

  /** A place in the trash that no other removal uses. */
  trashHome(volume: Volume<LocalOptions>): string {
    return join(this.trash, `${volume.name}@${String(volume.createdAt.getTime())}`);
  }
}

/** What a directory volume shows to containers. */
export function dataDirectoryOf(home: string): string {
  return join(home, 'data');
}

/** The disk of a volume with `size`. */
export function imageOf(home: string): string {
  return join(home, 'image');
}

import { existsSync, statSync } from 'node:fs';
import { mkdir, open, rm, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from '../../../scripts/lib/run.ts';

/**
 * What disks and snapshots hold: one sparse file each, whichever machine has the disk. A file is made when it is first
 * looked at, so that ten thousand disks that nobody attaches cost nothing.
 */
export class DiskStore {
  readonly #directory: string;
  readonly #sizes = new Map<string, number>();

  constructor(directory: string) {
    this.#directory = directory;
  }

  /** A new disk of zeros. */
  create(id: string, sizeBytes: number): void {
    if (this.#sizes.has(id)) throw new Error(`${id} exists already`);
    this.#sizes.set(id, sizeBytes);
  }

  /** A new disk or snapshot that holds what another one holds at this moment; zeros follow where it is larger. */
  async copy(from: string, to: string, sizeBytes = this.sizeOf(from)): Promise<void> {
    this.create(to, sizeBytes);
    if (!existsSync(this.#pathOf(from))) return;
    await run('cp', ['--sparse=always', '--reflink=auto', this.#pathOf(from), this.#pathOf(to)]);
    await truncate(this.#pathOf(to), sizeBytes);
  }

  /** The file that holds the disk. */
  async fileOf(id: string): Promise<string> {
    const size = this.sizeOf(id);
    const path = this.#pathOf(id);
    if (existsSync(path)) return path;
    await mkdir(this.#directory, { recursive: true });
    const handle = await open(path, 'a');
    await handle.truncate(size);
    await handle.close();
    return path;
  }

  sizeOf(id: string): number {
    const size = this.#sizes.get(id);
    if (size === undefined) throw new Error(`there is no disk ${id}`);
    return size;
  }

  /** More zeros at the end. */
  async grow(id: string, sizeBytes: number): Promise<void> {
    if (sizeBytes < this.sizeOf(id)) throw new Error(`${id} cannot shrink`);
    if (existsSync(this.#pathOf(id))) await truncate(this.#pathOf(id), sizeBytes);
    this.#sizes.set(id, sizeBytes);
  }

  /** Its content is gone. Absent is success. */
  async remove(id: string): Promise<void> {
    this.#sizes.delete(id);
    await rm(this.#pathOf(id), { force: true });
  }

  /** Bytes that the file really takes, to prove that disks stay sparse. */
  usedBytesOf(id: string): number {
    return existsSync(this.#pathOf(id)) ? statSync(this.#pathOf(id)).blocks * 512 : 0;
  }

  /** Everything there is. */
  ids(): string[] {
    return [...this.#sizes.keys()];
  }

  #pathOf(id: string): string {
    return join(this.#directory, `${id}.img`);
  }
}

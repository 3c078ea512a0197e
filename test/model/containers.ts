import { closeSync, constants, openSync } from 'node:fs';
import { open, readFile } from 'node:fs/promises';

/**
 * What the containers of one client have of the volumes: which claims were promised, and the open directory of each
 * mounted volume, which like a container's own mount outlives ours.
 */
export class Containers {
  readonly #client: string;
  readonly #claims = new Map<string, Map<string, number>>();
  readonly #former = new Set<string>();
  readonly #directories = new Map<string, number>();

  constructor(client: string) {
    this.#client = client;
  }

  /** True while at least one promised claim has not been given back. */
  holds(volume: string): boolean {
    return this.#directories.has(volume);
  }

  /** A Mount was answered; `place` shows the volume. */
  mounted(volume: string, id: string, place: string): void {
    const claims = this.#claims.get(volume) ?? new Map<string, number>();
    // A container that comes back after its engine has died is counted once (docs/adr/0004-who-holds-a-volume.md).
    const before = this.#former.delete(`${volume} ${id}`) ? 0 : (claims.get(id) ?? 0);
    claims.set(id, before + 1);
    this.#claims.set(volume, claims);
    if (!this.#directories.has(volume))
      this.#directories.set(volume, openSync(place, constants.O_RDONLY | constants.O_DIRECTORY));
  }

  /** Another engine, or another life of the program: what was claimed until now is in doubt. */
  engineChanged(): void {
    for (const [volume, claims] of this.#claims)
      for (const id of claims.keys()) this.#former.add(`${volume} ${id}`);
  }

  /** An Unmount is about to be sent. */
  unmounting(volume: string, id: string): void {
    const claims = this.#claims.get(volume);
    const count = claims?.get(id);
    if (claims === undefined || count === undefined) return;
    if (count > 1) claims.set(id, count - 1);
    else {
      claims.delete(id);
      this.#former.delete(`${volume} ${id}`);
    }
    if (claims.size === 0) this.forget(volume);
  }

  /** Everything of the volume is gone. */
  forget(volume: string): void {
    for (const id of this.#claims.get(volume)?.keys() ?? []) this.#former.delete(`${volume} ${id}`);
    this.#claims.delete(volume);
    const directory = this.#directories.get(volume);
    this.#directories.delete(volume);
    if (directory !== undefined) closeSync(directory);
  }

  async write(volume: string, text: string): Promise<void> {
    const file = await open(this.#file(volume), 'w');
    try {
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
  }

  /** '' when there is no file. */
  async read(volume: string): Promise<string> {
    try {
      return await readFile(this.#file(volume), 'utf8');
    } catch (thrown) {
      if (thrown instanceof Error && Reflect.get(thrown, 'code') === 'ENOENT') return '';
      throw thrown;
    }
  }

  #file(volume: string): string {
    return `/proc/self/fd/${String(this.#directories.get(volume))}/${this.#client}`;
  }
}

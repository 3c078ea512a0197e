import type { Backends } from './backends.ts';
import type { Clock, Log } from './ports/host.ts';
import type { StoredVolume } from './ports/state-store.ts';
import type { Usage } from './ports/volume-driver.ts';
import { toStowageError } from './errors.ts';

/** How old a measurement may be before looking at it asks for a new one. */
const FRESH_FOR_MS = 60_000;
/** A measurement waits this long, so that it does not compete with the start of a container. */
const DELAY_MS = 1_000;

/** A usage and when it was true. */
export interface Measured extends Usage {
  /** Milliseconds since the epoch. */
  readonly at: number;
}

/**
 * How much each volume holds, without ever making a caller wait for a walk over its files: measured in the background,
 * one volume at a time, when a volume was looked at or unmounted.
 */
export class UsageMeter {
  readonly #backends: Backends;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #measured = new Map<string, Measured>();
  readonly #due = new Map<string, StoredVolume>();
  #measuring = false;

  constructor(backends: Backends, clock: Clock, log: Log) {
    this.#backends = backends;
    this.#clock = clock;
    this.#log = log;
  }

  /** The last measurement; asks for a new one when it is old. */
  look(stored: StoredVolume): Measured | undefined {
    const last = this.#measured.get(stored.name);
    if (last === undefined || Math.abs(this.#clock.now() - last.at) > FRESH_FOR_MS) this.request(stored);
    return last;
  }

  /** Asks for a measurement, soon. */
  request(stored: StoredVolume): void {
    this.#due.set(stored.name, stored);
    if (this.#measuring) return;
    this.#measuring = true;
    this.#clock.after(DELAY_MS, () => void this.#measureAll());
  }

  forget(name: string): void {
    this.#measured.delete(name);
    this.#due.delete(name);
  }

  async #measureAll(): Promise<void> {
    for (const [name, stored] of this.#due) {
      this.#due.delete(name);
      await this.#measure(stored);
    }
    this.#measuring = false;
  }

  async #measure(stored: StoredVolume): Promise<void> {
    try {
      const { driver, volume } = this.#backends.open(stored);
      const usage = await driver.measure(volume);
      if (usage !== undefined) this.#measured.set(stored.name, { ...usage, at: this.#clock.now() });
    } catch (thrown) {
      this.#log.debug({ err: toStowageError(thrown), volume: stored.name }, 'could not measure usage');
    }
  }
}

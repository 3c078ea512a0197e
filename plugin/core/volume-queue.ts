import type { Call } from './call.ts';
import { StowageError, toStowageError } from './errors.ts';
import { KeyedLock } from './keyed-lock.ts';
import type { Clock, Log } from './ports/host.ts';

/** One piece of work on a volume. */
export interface Work<Result> {
  /** Docker's verb, for errors and the log. */
  readonly operation: string;
  /** The volumes it needs for itself; the first is the one it is about. */
  readonly volumes: readonly [string, ...string[]];
  /** Do it even when its caller has gone before it could begin: giving something back is always right. */
  readonly evenIfAbandoned?: boolean;
  run(): Promise<Result>;
}

/**
 * The job queue of each volume. A call that is repeated queues behind the work its predecessor began and then finds it
 * done: that is how a repeat joins. Work whose caller has gone before it began is dropped.
 */
export class VolumeQueue {
  readonly #lock = new KeyedLock();
  readonly #running = new Map<string, { operation: string; since: number }>();
  readonly #underWay = new Set<Promise<unknown>>();
  readonly #clock: Clock;
  readonly #log: Log;

  constructor(clock: Clock, log: Log) {
    this.#clock = clock;
    this.#log = log;
  }

  /** Runs the work in its turn and waits for it as long as the caller does. */
  async run<Result>(call: Call, work: Work<Result>): Promise<Result> {
    const [name] = work.volumes;
    const begun = this.#begin(work, () => call.abandoned && work.evenIfAbandoned !== true);
    begun.catch((thrown: unknown) => {
      if (!call.abandoned) return;
      const err = toStowageError(thrown);
      if (err.code !== 'E_OPERATION_PENDING')
        this.#log.warn(
          { err, operation: work.operation, volume: name },
          'work failed after its caller had gone',
        );
    });
    return await call.wait(begun, () => this.#whatGoesOn(name));
  }

  /** Runs work that nobody waits for. It must handle its own failures. */
  async runInBackground(work: Work<void>): Promise<void> {
    await this.#begin(work, () => false);
  }

  /** Resolves when all work that was under way has ended, failed or not. */
  async idle(): Promise<void> {
    await Promise.allSettled(this.#underWay);
  }

  #begin<Result>(work: Work<Result>, isPointless: () => boolean): Promise<Result> {
    const begun = this.#lock.run(work.volumes, async () => {
      if (isPointless())
        throw new StowageError('E_OPERATION_PENDING', 'the caller has gone before it was its turn');
      const [name] = work.volumes;
      this.#running.set(name, { operation: work.operation, since: this.#clock.now() });
      try {
        return await work.run();
      } finally {
        this.#running.delete(name);
      }
    });
    this.#underWay.add(begun);
    const forget = (): boolean => this.#underWay.delete(begun);
    begun.then(forget, forget);
    return begun;
  }

  #whatGoesOn(name: string): string {
    const running = this.#running.get(name);
    if (running === undefined) return 'the volume is busy with another operation';
    const seconds = Math.round((this.#clock.now() - running.since) / 1000);
    return `${running.operation} is still working after ${String(seconds)} s`;
  }
}

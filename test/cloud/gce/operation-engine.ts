import { OperationFailure } from './error.ts';
import type { Delay } from './latencies.ts';
import { randomDigits } from './ids.ts';
import type { WorldParts } from './world-parts.ts';

/** Something that was accepted and takes its time. */
export interface Operation {
  readonly id: string;
  readonly name: string;
  /** Such as `attachDisk`. */
  readonly type: string;
  /** Undefined for a global one. */
  readonly zone: string | undefined;
  /** What it is done to, without the root. */
  readonly target: string;
  readonly targetId: string;
  /** Who asked for it. */
  readonly user: string;
  readonly insertedAt: number;
  status: 'PENDING' | 'RUNNING' | 'DONE';
  startedAt: number | undefined;
  endedAt: number | undefined;
  failure: OperationFailure | undefined;
}

/** What is to be done, and how long it takes. */
export interface OperationPlan extends Pick<Operation, 'type' | 'zone' | 'target' | 'targetId' | 'user'> {
  readonly delay: Delay;
  /** What follows each other; default: the target. */
  readonly subject?: string;
  /** An OperationFailure that it throws becomes the operation's error. */
  readonly work: () => Promise<void> | void;
  /** Takes back what the request has begun, when the operation fails without work. */
  readonly undo?: () => Promise<void> | void;
}

/** Operations that are to fail. */
export interface PlannedFailure {
  /** Such as `attachDisk`; default: any. */
  readonly type?: string;
  /** Such as `ZONE_RESOURCE_POOL_EXHAUSTED`. */
  readonly code: string;
  readonly message?: string;
  readonly status?: number;
  /** Default: one operation. */
  readonly times?: number;
  /** The work is done although an error is shown. */
  readonly workDone?: boolean;
}

/** Longer than Node's timers can wait, so in effect never. */
const NEVER_MS = 2 ** 31 - 1;

/** Every operation, and what changes by itself as time goes by. */
export class OperationEngine {
  readonly #parts: WorldParts;
  readonly #note: (subject: string, detail: string) => void;
  readonly #operations = new Map<string, Operation>();
  readonly #failures: { readonly plan: PlannedFailure; left: number }[] = [];
  readonly #waiting = new Map<Operation, Set<() => void>>();
  readonly #timers = new Set<() => void>();
  readonly #chains = new Map<string, Promise<void>>();
  #closed = false;

  /** @param note told when something fails that is no refusal of the cloud's */
  constructor(parts: WorldParts, note: (subject: string, detail: string) => void) {
    this.#parts = parts;
    this.#note = note;
  }

  /** Every operation that has not been deleted, the oldest first. */
  list(): Operation[] {
    return [...this.#operations.values()];
  }

  /** By name or ID. */
  find(nameOrId: string, zone: string | undefined): Operation | undefined {
    return this.list().find(
      (operation) => operation.zone === zone && (operation.name === nameOrId || operation.id === nameOrId),
    );
  }

  forget(operation: Operation): void {
    this.#operations.delete(operation.name);
  }

  /** The next operation of this type fails. */
  fail(plan: PlannedFailure): void {
    this.#failures.push({ plan, left: plan.times ?? 1 });
  }

  /** Accepts an operation. It is PENDING, then RUNNING while it waits, and does its work at the end. */
  start({ delay, subject, work, undo, ...rest }: OperationPlan): Operation {
    const { clock, random } = this.#parts;
    const operation: Operation = {
      ...rest,
      id: randomDigits(random),
      name: `operation-${String(clock.now())}-${random.bytes(12).toString('hex')}`,
      insertedAt: clock.now(),
      status: 'PENDING',
      startedAt: undefined,
      endedAt: undefined,
      failure: undefined,
    };
    this.#operations.set(operation.name, operation);
    const failure = this.#failureFor(operation.type);
    const order = subject ?? operation.target;
    this.later('pending', order, () => {
      operation.status = 'RUNNING';
      operation.startedAt = clock.now();
      this.later(delay, order, async () => await this.#finish(operation, failure, work, undo));
    });
    return operation;
  }

  /** Resolves when it is done, or when the caller has waited long enough. */
  async wait(operation: Operation): Promise<void> {
    if (operation.status === 'DONE' || this.#closed) return;
    await new Promise<void>((resolve) => {
      const waiting = this.#waiting.get(operation) ?? new Set();
      this.#waiting.set(operation, waiting);
      const cancel = this.#parts.clock.after(this.#parts.waitDeadlineMs, () => done());
      const done = (): void => {
        cancel();
        waiting.delete(done);
        resolve();
      };
      waiting.add(done);
    });
  }

  /** Does something after a delay. What concerns the same subject is done one after the other. */
  later(delay: Delay, subject: string, work: () => Promise<void> | void): void {
    const milliseconds = this.#parts.latency.draw(delay);
    if (milliseconds >= NEVER_MS || this.#closed) return;
    const cancel = this.#parts.clock.after(milliseconds, () => {
      this.#timers.delete(cancel);
      void this.inOrder(subject, work);
    });
    this.#timers.add(cancel);
  }

  /** Does something when all that was begun before for the same subject is done. What it throws is noted. */
  async inOrder(subject: string, work: () => Promise<void> | void): Promise<void> {
    const before = this.#chains.get(subject) ?? Promise.resolve();
    const done = before.then(work).catch((error: unknown) => this.#note(subject, String(error)));
    this.#chains.set(subject, done);
    await done;
  }

  /** Nothing happens by itself any more. What has begun is waited for. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const cancel of this.#timers) cancel();
    for (const waiting of this.#waiting.values()) for (const done of waiting) done();
    await Promise.all(this.#chains.values());
  }

  async #finish(
    operation: Operation,
    planned: PlannedFailure | undefined,
    work: OperationPlan['work'],
    undo: OperationPlan['undo'],
  ): Promise<void> {
    try {
      if (planned === undefined || planned.workDone === true) await work();
      else await undo?.();
      if (planned !== undefined) {
        operation.failure = new OperationFailure(
          planned.code,
          planned.message ?? `${planned.code} was asked for`,
          planned.status,
        );
      }
    } catch (error) {
      await undo?.();
      if (!(error instanceof OperationFailure)) this.#note(operation.target, String(error));
      operation.failure =
        error instanceof OperationFailure
          ? error
          : new OperationFailure('INTERNAL_ERROR', 'Internal error.', 500);
    }
    operation.status = 'DONE';
    operation.endedAt = this.#parts.clock.now();
    for (const done of this.#waiting.get(operation) ?? []) done();
    this.#waiting.delete(operation);
  }

  #failureFor(type: string): PlannedFailure | undefined {
    const found = this.#failures.find(
      ({ plan, left }) => left > 0 && (plan.type === undefined || plan.type === type),
    );
    if (found === undefined) return undefined;
    found.left -= 1;
    return found.plan;
  }
}

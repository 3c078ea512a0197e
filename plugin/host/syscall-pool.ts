import path from 'node:path';
import { Worker } from 'node:worker_threads';
import type { BlockingArguments, BlockingCall } from './blocking-calls.ts';
import { SystemCallError } from './system-call-error.ts';
import type { CallReply, CallRequest } from './syscall-worker.ts';

/** Runs calls that may block for long, so that the event loop never does. */
export interface BlockingCalls {
  /** Rejects with SystemCallError when the kernel refuses. */
  run<Call extends BlockingCall>(call: Call, ...values: BlockingArguments<Call>): Promise<void>;
}

/** How many threads there may be, and how long one that has nothing to do lives. */
export interface PoolLimits {
  readonly workers: number;
  readonly idleMilliseconds: number;
}

interface Job {
  readonly request: CallRequest;
  resolve(): void;
  reject(error: unknown): void;
}

interface Slot {
  readonly worker: Worker;
  job: Job | undefined;
  idle: NodeJS.Timeout | undefined;
}

const DEFAULT_LIMITS: PoolLimits = { workers: 8, idleMilliseconds: 10_000 };

/** A thread needs little: 4 MB of heap is too small for Node itself to start. */
const HEAP = { maxOldGenerationSizeMb: 16, maxYoungGenerationSizeMb: 4, stackSizeMb: 2 };

/**
 * Worker threads started on demand, since a thread costs 16 MB and most of the time none is needed. More than one, so
 * that one unmount which flushes for minutes does not hold up the others. The C library's error number does not
 * survive koffi's own asynchronous calls, hence threads.
 */
export class SyscallPool implements BlockingCalls {
  readonly #limits: PoolLimits;
  readonly #slots = new Set<Slot>();
  readonly #waiting: Job[] = [];

  constructor(limits: PoolLimits = DEFAULT_LIMITS) {
    this.#limits = limits;
  }

  run<Call extends BlockingCall>(call: Call, ...values: BlockingArguments<Call>): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ request: { call, values }, resolve, reject });
      this.#dispatch();
    });
  }

  /** Threads that live at present. */
  get size(): number {
    return this.#slots.size;
  }

  #dispatch(): void {
    while (this.#waiting.length > 0) {
      const slot = this.#freeSlot();
      const job = slot && this.#waiting.shift();
      if (slot === undefined || job === undefined) return;
      clearTimeout(slot.idle);
      slot.job = job;
      // Half-done work keeps the process alive; an idle thread does not.
      slot.worker.ref();
      // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
      slot.worker.postMessage(job.request);
    }
  }

  #freeSlot(): Slot | undefined {
    for (const slot of this.#slots) if (slot.job === undefined) return slot;
    return this.#slots.size < this.#limits.workers ? this.#start() : undefined;
  }

  #start(): Slot {
    // Works from the sources as well as from the bundle, which has the worker's file beside it.
    const entry = new URL(`./syscall-worker${path.extname(import.meta.filename)}`, import.meta.url);
    const worker = new Worker(entry, { resourceLimits: HEAP, env: {}, name: 'syscalls' });
    const slot: Slot = { worker, job: undefined, idle: undefined };
    this.#slots.add(slot);
    let failure: unknown;
    worker.on('message', (reply: CallReply) => this.#settle(slot, reply));
    worker.on('error', (error) => (failure = error));
    worker.on('exit', () => this.#lost(slot, failure));
    return slot;
  }

  #settle(slot: Slot, reply: CallReply): void {
    const job = slot.job;
    slot.job = undefined;
    slot.worker.unref();
    slot.idle = setTimeout(() => this.#end(slot), this.#limits.idleMilliseconds).unref();
    if ('refused' in reply) {
      job?.reject(new SystemCallError(reply.refused.call, reply.refused.errno, reply.refused.reason));
    } else job?.resolve();
    this.#dispatch();
  }

  #end(slot: Slot): void {
    this.#slots.delete(slot);
    void slot.worker.terminate();
  }

  /** A thread that died fails the call it had, for nobody knows how far it came; the waiting ones get a new thread. */
  #lost(slot: Slot, failure: unknown): void {
    clearTimeout(slot.idle);
    this.#slots.delete(slot);
    const call = slot.job?.request.call ?? 'syscall';
    slot.job?.reject(failure ?? new SystemCallError(call, 'EINTR', 'the thread that ran it ended'));
    slot.job = undefined;
    this.#dispatch();
  }
}

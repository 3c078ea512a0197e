import { once } from 'node:events';
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { bundledProgram } from '../support/bundled-program.ts';
import { makeFastRoot } from '../support/fast-root.ts';
import { Stowage } from '../support/stowage.ts';
import { crashTracer } from './tracer.ts';

/** One system call that changes something outside the process. */
export interface Effect {
  /** `M`: of the program itself; `C`: of a command that it runs. */
  readonly kind: 'M' | 'C';
  /** Its number since the order to count, from 1, by kind. */
  readonly number: number;
  /** What the kernel answered; NaN when the program died before it could. */
  readonly result: number;
  readonly call: string;
  readonly subject: string;
}

/** Just before or just after an effect. */
export interface Boundary {
  readonly effect: Effect;
  readonly when: 'before' | 'after';
}

/** The real program under `crash-tracer.c`. */
export class TracedStowage {
  readonly stowage: Stowage;
  /** A host directory that `path=` may use. */
  readonly shared: string;
  #orders: Writable | undefined;
  #effects: Effect[] = [];
  #killed = false;
  #ended: Promise<unknown> = Promise.resolve();

  private constructor(stowage: Stowage, shared: string) {
    this.stowage = stowage;
    this.shared = shared;
  }

  /** @param settings beside those that every run needs */
  static async prepare(settings: Readonly<Record<string, string>> = {}): Promise<TracedStowage> {
    const [tracer, program] = await Promise.all([crashTracer(), bundledProgram()]);
    const root = makeFastRoot();
    const shared = join(root, 'shared');
    mkdirSync(shared);
    const stowage = await Stowage.prepare({
      root,
      // One thread for files keeps the order of effects the same from run to run.
      environment: {
        UV_THREADPOOL_SIZE: '1',
        STOWAGE_LOG_LEVEL: 'info',
        STOWAGE_PATH_ROOTS: shared,
        ...settings,
      },
      commandLine: [tracer, process.execPath, program, 'volume'],
      pipes: 2,
    });
    return new TracedStowage(stowage, shared);
  }

  /** Starts the program without waiting; an order given here counts from its first instruction. */
  launch(order?: string): void {
    const program = this.stowage.launch();
    this.#ended = once(program, 'close');
    this.#killed = false;
    this.#orders = program.stdio[3] as Writable;
    // The tracer may be gone before it has read an order.
    this.#orders.on('error', () => undefined);
    this.#follow(program.stdio[4] as Readable);
    if (order !== undefined) this.order(order);
  }

  /** Gives the tracer an order; see there. It holds for what is asked of the program afterwards. */
  order(text: string): void {
    this.#effects = [];
    this.#orders?.write(`${text}\n`);
  }

  /** Orders to kill the program at a boundary. */
  killAt({ effect, when }: Boundary): string {
    return `kill ${effect.kind} ${String(effect.number)} ${when}`;
  }

  /** True when the program was killed as ordered; waits so long for it. */
  async wasKilled(milliseconds: number): Promise<boolean> {
    const end = Date.now() + milliseconds;
    while (!this.#killed && Date.now() < end) await sleep(5);
    return this.#killed;
  }

  /** Resolves when the program and all its commands have ended. */
  async ended(): Promise<void> {
    await this.#ended;
  }

  /** The effects since the last order, after there were none for a while. */
  async countedEffects(): Promise<readonly Effect[]> {
    for (let seen = -1; seen !== this.#effects.length; await sleep(250)) seen = this.#effects.length;
    return this.#effects;
  }

  /** Ends everything and removes what it left. */
  async close(): Promise<void> {
    await this.stowage.close();
    rmSync(this.stowage.root, { recursive: true, force: true });
  }

  #follow(reports: Readable): void {
    let rest = '';
    reports.setEncoding('utf8').on('data', (text: string) => {
      const lines = (rest + text).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) this.#note(line);
    });
  }

  #note(line: string): void {
    if (line === 'killed') this.#killed = true;
    const [word, kind, number, result, call = '', ...subject] = line.split(' ');
    if (word !== 'effect') return;
    this.#effects.push({
      kind: kind === 'C' ? 'C' : 'M',
      number: Number(number),
      result: Number(result),
      call,
      subject: subject.join(' '),
    });
  }
}

import assert from 'node:assert/strict';
import { type EngineClient, Refusal } from '../support/engine-client.ts';
import { type Event, explain } from './history.ts';
import type { Program } from './program.ts';
import { ABSENT, type Heard, type Step, type VolumeState } from './volume-model.ts';

type VolumeEvent = Event<VolumeState>;

/** An answer that says no more than that it was done. */
export const OK: Heard = { kind: 'ok' };

/** Writes down what is asked and heard of each volume, and holds it against the model. */
export class Recorder {
  /** Calls whose answer never came. */
  readonly cutOff: VolumeEvent[] = [];
  readonly #program: Program;
  readonly #histories: ReadonlyMap<string, VolumeEvent[]>;
  #moment = 0;

  constructor(program: Program, names: readonly string[]) {
    this.#program = program;
    this.#histories = new Map(names.map((name) => [name, []]));
  }

  /** Moments are counted, so that no two are the same. */
  now(): number {
    this.#moment += 1;
    return this.#moment;
  }

  /** Something that may take effect from now on, or never. */
  open(name: string, text: string, step: Step): VolumeEvent {
    const event: VolumeEvent = {
      text,
      from: this.now(),
      to: Number.POSITIVE_INFINITY,
      optional: true,
      apply: (state) => step(state, OK),
    };
    this.#histories.get(name)?.push(event);
    return event;
  }

  /** One call about one volume. */
  async ask(
    name: string,
    text: string,
    step: Step,
    call: (engine: EngineClient) => Promise<Heard>,
  ): Promise<void> {
    const engine = await this.#program.engine();
    const lives = this.#program.lives;
    const event = this.open(name, text, step);
    try {
      this.#hear(event, step, await call(engine));
    } catch (thrown) {
      if (thrown instanceof Refusal) this.#hear(event, step, { kind: 'refused', code: thrown.code });
      else {
        this.checkCutOff(lives, thrown);
        event.text += ' … cut off';
        this.cutOff.push(event);
      }
    }
  }

  #hear(event: VolumeEvent, step: Step, heard: Heard): void {
    event.text += ` → ${describeHeard(heard)}`;
    // The work goes on and may take effect at any time.
    if (heard.kind === 'refused' && heard.code === 'E_OPERATION_PENDING') return;
    event.to = this.now();
    event.optional = false;
    event.apply = (state) => step(state, heard);
  }

  /** Throws the failure unless the program was killed since. */
  checkCutOff(lives: number, failure: unknown): void {
    if (this.#program.lives === lives) throw failure;
  }

  /** The state of each volume now. Throws when what was heard cannot be. */
  explainAll(): Map<string, VolumeState> {
    const ends = new Map<string, VolumeState>();
    for (const [name, history] of this.#histories) {
      const explanation = explain(history, ABSENT);
      if (!('stuck' in explanation)) {
        ends.set(name, explanation.state);
        continue;
      }
      const { explained, state, stuck } = explanation;
      const lines = (events: readonly VolumeEvent[]): string => events.map(describeEvent).join('\n');
      assert.fail(
        `what was heard of ${name} contradicts itself. It can be explained up to:\n${lines(explained.slice(-25))}\n` +
          `which leaves ${JSON.stringify(state)}\nthen one of these should fit, and none does:\n${lines(stuck)}`,
      );
    }
    return ends;
  }

  /** Something that was done between `from` and now. */
  addDone(name: string, text: string, from: number, step: Step, heard: Heard): void {
    const apply = (state: VolumeState): readonly VolumeState[] => step(state, heard);
    this.add(name, { text, from, to: this.now(), optional: false, apply }, heard);
  }

  /** Something whose beginning and end are known. */
  add(name: string, event: VolumeEvent, heard: Heard): void {
    this.#histories.get(name)?.push({ ...event, text: `${event.text} → ${describeHeard(heard)}` });
  }
}

function describeHeard(heard: Heard): string {
  if (heard.kind === 'refused') return heard.code;
  const facts = Object.entries(heard).filter(([name]) => name !== 'kind');
  return facts.length === 0 ? 'ok' : facts.map(([name, value]) => `${name}=${String(value)}`).join(' ');
}

function describeEvent({ text, from, to }: VolumeEvent): string {
  return `  ${String(from).padStart(6)}–${String(to).padEnd(8)} ${text}`;
}

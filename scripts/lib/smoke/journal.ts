import { renderError, toStowageError } from '../../../plugin/core/errors.ts';

/** One thing that is tried. */
export interface Step {
  readonly name: string;
  /** Resolves with what was seen, for the table. */
  readonly run: () => Promise<string>;
}

interface Played {
  readonly name: string;
  readonly seconds: number;
  readonly outcome: 'ok' | 'FAILED' | 'not tried';
  readonly seen: string;
}

/** Plays steps in their order, stops at the first that fails, and tells what came of each. */
export class Journal {
  readonly #played: Played[] = [];
  #interrupted = false;

  /** What is under way ends; nothing more is begun. */
  interrupt(): void {
    console.error('interrupted: cleaning up …');
    this.#interrupted = true;
  }

  /** True when every step went well. */
  async play(steps: readonly Step[]): Promise<boolean> {
    let passed = true;
    for (const { name, run } of steps) {
      if (passed && !this.#interrupted) passed = await this.#try(name, run);
      else this.#played.push({ name, seconds: 0, outcome: 'not tried', seen: '' });
    }
    return passed && !this.#interrupted;
  }

  /** A table of all steps. */
  table(): string {
    const rows = this.#played.map(({ name, seconds, outcome, seen }) => [
      name,
      seconds.toFixed(1),
      outcome,
      seen,
    ]);
    const all = [['step', 'seconds', '', 'seen'], ...rows];
    const widths = [0, 1, 2].map((column) => Math.max(...all.map((row) => row[column]?.length ?? 0)));
    const lines = all.map((row) =>
      row
        .map((cell, column) =>
          column === 1 ? cell.padStart(widths[1] ?? 0) : cell.padEnd(widths[column] ?? 0),
        )
        .join('  ')
        .trimEnd(),
    );
    const count = (outcome: Played['outcome']): number =>
      this.#played.filter((played) => played.outcome === outcome).length;
    return `${lines.join('\n')}\n\n${String(count('ok'))} passed, ${String(count('FAILED'))} failed, ${String(count('not tried'))} not tried`;
  }

  async #try(name: string, run: Step['run']): Promise<boolean> {
    const begun = performance.now();
    const note = (outcome: Played['outcome'], seen: string): void => {
      this.#played.push({ name, seconds: (performance.now() - begun) / 1000, outcome, seen });
    };
    console.log(`${name} …`);
    try {
      note('ok', await run());
      return true;
    } catch (thrown) {
      note('FAILED', renderError(name, 'smoke', toStowageError(thrown)));
      return false;
    }
  }
}

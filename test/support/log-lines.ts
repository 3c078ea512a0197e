import { EventEmitter, once } from 'node:events';
import type { Readable } from 'node:stream';

/** One line of the program's log. */
export interface LogLine {
  readonly level: string;
  readonly msg: string;
  readonly [field: string]: unknown;
}

/** Collects what a program prints, line by line, and tells when something awaited is printed. */
export class LogLines {
  readonly #texts: string[] = [];
  readonly #events = new EventEmitter();
  #rest = '';

  /** Reads a stream to its end. */
  follow(stream: Readable): void {
    stream.setEncoding('utf8');
    stream.on('data', (chunk: string) => {
      const parts = (this.#rest + chunk).split('\n');
      this.#rest = parts.pop() ?? '';
      this.#texts.push(...parts);
      if (parts.length > 0) this.#events.emit('lines');
    });
  }

  /** All lines as they were printed. */
  texts(): readonly string[] {
    return this.#texts;
  }

  /** All lines, each of which has to be JSON. */
  lines(): LogLine[] {
    return this.#texts.map((text) => JSON.parse(text) as LogLine);
  }

  /** The first line at or after `from` that fits; waits for it. */
  async waitFor(fits: (line: LogLine) => boolean, from = 0): Promise<LogLine> {
    const signal = AbortSignal.timeout(30_000);
    for (;;) {
      const found = this.lines().slice(from).find(fits);
      if (found !== undefined) return found;
      await once(this.#events, 'lines', { signal });
    }
  }
}

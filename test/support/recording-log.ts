import type { Log } from '../../plugin/core/ports/host.ts';

/** One event as it was handed to the log. */
export interface RecordedEvent {
  readonly level: string;
  readonly fields: object;
  readonly message: string;
}

/** A log that keeps what it is told. */
export class RecordingLog implements Log {
  readonly events: RecordedEvent[] = [];

  debug(fields: object, message: string): void {
    this.events.push({ level: 'debug', fields, message });
  }

  info(fields: object, message: string): void {
    this.events.push({ level: 'info', fields, message });
  }

  warn(fields: object, message: string): void {
    this.events.push({ level: 'warn', fields, message });
  }

  error(fields: object, message: string): void {
    this.events.push({ level: 'error', fields, message });
  }
}

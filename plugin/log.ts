import { pino } from 'pino';
import { StowageError } from './core/errors.ts';
import type { Log } from './core/ports/host.ts';

/** A line of 64 KiB or more ends the engine's reading of our log for good (protocol.md, section 3, "Logs"). */
const LONGEST_LINE = 60_000;
const LONGEST_TEXT = 4_000;

function describeThrown(thrown: unknown): object {
  if (!(thrown instanceof Error)) return { message: String(thrown).slice(0, LONGEST_TEXT) };
  const facts =
    thrown instanceof StowageError
      ? { code: thrown.code, details: thrown.details }
      : { stack: thrown.stack?.slice(0, LONGEST_TEXT) };
  const cause = thrown.cause === undefined ? {} : { cause: describeThrown(thrown.cause) };
  return { message: thrown.message.slice(0, LONGEST_TEXT), ...facts, ...cause };
}

/** One JSON line an event on standard output, none of them long enough to break the engine's reader. */
export function createLog(level: string, write: (line: string) => void = writeToStandardOutput()): Log {
  return pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { err: describeThrown },
    },
    {
      write: (line: string) => {
        write(line.length < LONGEST_LINE ? line : shorten(line));
      },
    },
  );
}

function writeToStandardOutput(): (line: string) => void {
  const output = pino.destination({ fd: 1, sync: true });
  return (line) => void output.write(line);
}

function shorten(line: string): string {
  return `${JSON.stringify({ level: 'warn', msg: 'a log line was too long', begin: line.slice(0, LONGEST_TEXT) })}\n`;
}

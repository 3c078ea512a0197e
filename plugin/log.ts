import { inspect } from 'node:util';
import { pino } from 'pino';
import { StowageError } from './core/errors.ts';
import type { Log } from './core/ports/host.ts';

/** A line of 64 KiB or more ends the engine's reading of our log for good (protocol.md, section 3, "Logs"). */
const LONGEST_LINE = 60_000; // bytes
const LONGEST_TEXT = 4_000;
/** An error can be its own cause. */
const MOST_CAUSES = 8;

function describeThrown(thrown: unknown): object {
  return describeChain(thrown, MOST_CAUSES);
}

function describeChain(thrown: unknown, causesLeft: number): object {
  if (!(thrown instanceof Error)) return { message: textOf(thrown).slice(0, LONGEST_TEXT) };
  const facts =
    thrown instanceof StowageError
      ? { code: thrown.code, details: thrown.details }
      : { stack: thrown.stack?.slice(0, LONGEST_TEXT) };
  const cause =
    thrown.cause === undefined || causesLeft === 0
      ? {}
      : { cause: describeChain(thrown.cause, causesLeft - 1) };
  return { message: thrown.message.slice(0, LONGEST_TEXT), ...facts, ...cause };
}

function textOf(thrown: unknown): string {
  return typeof thrown === 'string' ? thrown : inspect(thrown);
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
        write(Buffer.byteLength(line) < LONGEST_LINE ? line : shorten(line));
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

import { spawn } from 'node:child_process';
import type { Readable } from 'node:stream';
import { StowageError } from '../core/errors.ts';
import type { Log } from '../core/ports/host.ts';
import { remedyFor } from './host-failure.ts';
import { errnoOf } from './system-call-error.ts';

/** How a command is run. */
export interface CommandOptions {
  /** Milliseconds after which it is killed. */
  readonly deadline: number;
  /** Exit codes that are no failure; 0 when not said. */
  readonly accept?: readonly number[];
}

/** What a command left. */
export interface CommandResult {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a command with an argument list, never through a shell. E_HOST_FAILED when it fails. */
export type RunCommand = (
  command: string,
  parameters: readonly string[],
  options: CommandOptions,
) => Promise<CommandResult>;

/** The end of the output is kept: there a command says why it gave up. */
const OUTPUT_LIMIT = 4096;
/** The tools lie here on every distribution; our own environment is not handed down. */
const ENVIRONMENT = { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C' };

interface Outcome extends CommandResult {
  readonly signal: NodeJS.Signals | null;
  readonly late: boolean;
}

/** Makes the function that runs commands. */
export function commandRunner(log: Log): RunCommand {
  let guard: Promise<readonly string[]> | undefined;
  return async (command, parameters, options) => {
    guard ??= deathGuard().catch((thrown: unknown) => {
      // Nothing was learned about `setpriv`; the next command asks again.
      guard = undefined;
      throw thrown;
    });
    log.debug({ command, parameters }, 'command');
    const line = [...(await guard), command, ...parameters];
    const outcome = await run(line, options.deadline);
    if ((options.accept ?? [0]).includes(outcome.exitCode)) return outcome;
    throw failure(command, outcome, options.deadline);
  };
}

/**
 * A command must not outlive us: a copy that goes on after a restart would write into what the restart clears away.
 * The kernel kills it with us when `setpriv` (util-linux) asks for it.
 */
async function deathGuard(): Promise<readonly string[]> {
  const guard = ['setpriv', '--pdeathsig', 'KILL', '--'];
  try {
    return (await run([...guard, 'true'], 10_000)).exitCode === 0 ? guard : [];
  } catch (thrown) {
    if (thrown instanceof StowageError && errnoOf(thrown.cause) === 'ENOENT') return [];
    throw thrown;
  }
}

function run(line: readonly string[], deadline: number): Promise<Outcome> {
  const [program = '', ...parameters] = line;
  return new Promise((resolve, reject) => {
    // The root directory keeps no file system busy.
    const child = spawn(program, parameters, {
      cwd: '/',
      env: ENVIRONMENT,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const output = { stdout: '', stderr: '' };
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      child.kill('SIGKILL');
    }, deadline);
    // First of all: out of descriptors there are no streams, and an error without a listener would end the process.
    child.on('error', (error) => {
      clearTimeout(timer);
      reject(notStarted(program, error));
    });
    for (const name of ['stdout', 'stderr'] as const) {
      const stream: Readable | null | undefined = child[name];
      stream?.setEncoding('utf8').on('data', (text: string) => {
        output[name] = (output[name] + text).slice(-OUTPUT_LIMIT);
      });
    }
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      resolve({ exitCode: code ?? -1, signal, late, ...output });
    });
  });
}

function notStarted(command: string, error: Error): StowageError {
  return new StowageError('E_HOST_FAILED', `${command} cannot be started: ${error.message}`, {
    remedy: `Check that ${command} is installed, then repeat.`,
    ...remedyFor(error),
    details: { command },
    cause: error,
  });
}

function failure(command: string, outcome: Outcome, deadline: number): StowageError {
  const details = { command, exitCode: outcome.exitCode, signal: outcome.signal, stderr: outcome.stderr };
  if (outcome.late) {
    return new StowageError(
      'E_HOST_FAILED',
      `${command} took longer than ${deadline / 1000} s and was ended`,
      { details },
    );
  }
  if (outcome.exitCode === 127 && outcome.stderr.includes('No such file')) {
    const remedy = `Install ${command}, then repeat.`;
    return new StowageError('E_HOST_FAILED', `${command} is not installed`, { remedy, details });
  }
  return new StowageError('E_HOST_FAILED', `${command} failed: ${lastWords(outcome)}`, { details });
}

/** What a command says last is why it gave up. */
export function lastWords(outcome: CommandResult): string {
  const text = outcome.stderr.trim() === '' ? outcome.stdout : outcome.stderr;
  const lines = text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
  return lines.slice(-2).join(' ').slice(-300) || `exit code ${outcome.exitCode}`;
}

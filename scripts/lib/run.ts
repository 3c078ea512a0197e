import { spawn, type StdioOptions } from 'node:child_process';
import { once } from 'node:events';
import { openSync, closeSync } from 'node:fs';

/** What a command left behind. `exitCode` is null when a signal (or the deadline) ended it. */
export interface RunResult {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** How a command is run. */
export interface RunOptions {
  /** The command is killed after this time. Default: two minutes. */
  readonly deadlineMs?: number;
  readonly cwd?: string;
  /** The whole environment; default: this process's own. */
  readonly env?: NodeJS.ProcessEnv;
  /** Written to the command's standard input. */
  readonly input?: string;
  /** The command's standard input is read from this file. */
  readonly inputFile?: string;
  /** The command's output goes where this process's goes, and none is captured. */
  readonly inherit?: boolean;
}

/** A command that did not exit with 0: what was run, how it ended, and what it complained about. */
export class CommandError extends Error {
  override readonly name = 'CommandError';
  readonly command: string;
  readonly args: readonly string[];
  readonly result: RunResult;

  constructor(command: string, args: readonly string[], result: RunResult, how: string) {
    const complaint = result.stderr.trim() || result.stdout.trim();
    super(`${[command, ...args].join(' ')} ${how}${complaint === '' ? '' : `:\n${complaint}`}`);
    this.command = command;
    this.args = args;
    this.result = result;
  }
}

const DEFAULT_DEADLINE_MS = 120_000;

/**
 * Runs a command to its end and gives its standard output, byte for byte.
 *
 * @throws CommandError when it exits with anything but 0 or outlives its deadline.
 */
export async function run(
  command: string,
  args: readonly string[],
  options: RunOptions = {},
): Promise<string> {
  const result = await runRaw(command, args, options);
  if (result.exitCode !== 0) {
    throw new CommandError(command, args, result, `exited with ${result.exitCode ?? 'a signal'}`);
  }
  return result.stdout;
}

/**
 * Runs a command to its end, whatever its exit code.
 *
 * @throws CommandError when it outlives its deadline; an `ENOENT` error when there is no such command.
 */
export async function runRaw(
  command: string,
  args: readonly string[],
  options: RunOptions = {},
): Promise<RunResult> {
  const deadlineMs = options.deadlineMs ?? DEFAULT_DEADLINE_MS;
  const inputFile = options.inputFile === undefined ? undefined : openSync(options.inputFile, 'r');
  try {
    const child = spawn(command, args, {
      cwd: options.cwd,
      env: options.env ?? process.env,
      stdio: stdioOf(options, inputFile),
      timeout: deadlineMs,
      killSignal: 'SIGKILL',
    });
    const started = performance.now();
    const stdout = collect(child.stdout);
    const stderr = collect(child.stderr);
    // A command may exit before it has read all of its input.
    child.stdin?.on('error', () => {}).end(options.input ?? '');
    const [exitCode]: (number | null)[] = await once(child, 'close');
    const result = { exitCode: exitCode ?? null, stdout: stdout(), stderr: stderr() };
    if (result.exitCode === null && performance.now() - started >= deadlineMs) {
      throw new CommandError(command, args, result, `did not end within ${deadlineMs / 1000} s`);
    }
    return result;
  } finally {
    if (inputFile !== undefined) closeSync(inputFile);
  }
}

function stdioOf(options: RunOptions, inputFile: number | undefined): StdioOptions {
  const output = options.inherit === true ? 'inherit' : 'pipe';
  const input = options.input === undefined ? 'ignore' : 'pipe';
  return [inputFile ?? input, output, output];
}

function collect(stream: NodeJS.ReadableStream | null): () => string {
  const chunks: Buffer[] = [];
  stream?.on('data', (chunk: Buffer) => chunks.push(chunk));
  return () => Buffer.concat(chunks).toString();
}

import { spawn, type ChildProcess } from 'node:child_process';
import { emptyWithin, endGroup, livingMembers, track, untrack } from './process-group.ts';

/** A program to run in a process group of its own. */
export interface Command {
  program: string;
  args: readonly string[];
  cwd: string;
  env?: Readonly<Record<string, string>>;
  deadlineMs: number;
}

/** How a command ended. */
export interface CommandEnd {
  code: number | null;
  signal: NodeJS.Signals | null;
  /** It was ended because its deadline had passed. */
  late: boolean;
  /** Processes it left running; they have been ended. */
  leftovers: number;
  output: string;
  seconds: number;
}

// A process that was told to end may need a moment to unmount or to stop an engine.
const GRACE_MS = 10_000;
// Children that are ending by themselves are no leak.
const SETTLE_MS = 2_000;

/** Runs a command to its end or its deadline, and leaves no process of its group behind. */
export async function runCommand(command: Command): Promise<CommandEnd> {
  const begin = performance.now();
  const child = spawn(command.program, command.args, {
    cwd: command.cwd,
    // Its own process group, so that everything it started can be ended with it.
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...command.env },
  });
  const output = collect(child);
  const exit = exitOf(child);
  const group = child.pid;
  if (group === undefined) return { ...(await exit), ...unstarted(begin, output) };
  track(group);
  const deadline = setTimeout(() => void endGroup(group, GRACE_MS), command.deadlineMs);
  const end = await exit;
  clearTimeout(deadline);
  const late = performance.now() - begin >= command.deadlineMs;
  const leftovers = await endLeftovers(group);
  untrack(group);
  return { ...end, late, leftovers, output: output.join(''), seconds: secondsSince(begin) };
}

async function endLeftovers(group: number): Promise<number> {
  if (await emptyWithin(group, SETTLE_MS)) return 0;
  const leftovers = livingMembers(group).length;
  await endGroup(group, GRACE_MS);
  return leftovers;
}

function collect(child: ChildProcess): string[] {
  const output: string[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (text: string) => output.push(text));
  }
  return output;
}

function exitOf(child: ChildProcess): Promise<Pick<CommandEnd, 'code' | 'signal'>> {
  return new Promise((resolve) => {
    child.once('error', () => resolve({ code: 127, signal: null }));
    // Not `close`: a process that was left behind may hold the pipes open for ever.
    child.once('exit', (code, signal) => setImmediate(() => resolve({ code, signal })));
  });
}

function unstarted(begin: number, output: string[]): Omit<CommandEnd, 'code' | 'signal'> {
  return { late: false, leftovers: 0, output: output.join(''), seconds: secondsSince(begin) };
}

function secondsSince(begin: number): number {
  return (performance.now() - begin) / 1000;
}

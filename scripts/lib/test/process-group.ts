import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';

const running = new Set<number>();
let interrupted = false;

/** Remembers a process group so that an interrupted run can end it. */
export function track(group: number): void {
  running.add(group);
  // Started after the interruption: it must not outlive the run.
  if (interrupted) send(group, 'SIGKILL');
}

/** Forgets a process group that has ended. */
export function untrack(group: number): void {
  running.delete(group);
}

/** Ends every group still running; for the moment when the run itself is interrupted. */
export async function endRunningGroups(graceMs: number): Promise<void> {
  interrupted = true;
  await Promise.all([...running].map((group) => endGroup(group, graceMs)));
}

/** Living processes of a group. Zombies are left out: a container's first process may never reap them. */
export function livingMembers(group: number): number[] {
  const processes = readdirSync('/proc').filter((entry) => /^\d+$/.test(entry));
  return processes.map(Number).filter((pid) => belongsTo(pid, group));
}

/** Ends a group: asks first, then forces what is left. */
export async function endGroup(group: number, graceMs: number): Promise<void> {
  send(group, 'SIGTERM');
  if (await emptyWithin(group, graceMs)) return;
  send(group, 'SIGKILL');
  await emptyWithin(group, graceMs);
}

/** Waits until a group has no living member; false when the time is over first. */
export async function emptyWithin(group: number, milliseconds: number): Promise<boolean> {
  const end = Date.now() + milliseconds;
  while (livingMembers(group).length > 0) {
    if (Date.now() >= end) return false;
    await wait(20);
  }
  return true;
}

function belongsTo(pid: number, group: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The command name stands in brackets and may itself hold spaces and brackets.
    const [state = '', , processGroup] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return Number(processGroup) === group && state !== 'Z' && state !== 'X';
  } catch {
    // It ended between the listing and the reading.
    return false;
  }
}

function send(group: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-group, signal);
  } catch {
    // The group is gone already, which is all we want.
  }
}

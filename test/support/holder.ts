import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { eventually } from './eventually.ts';
import type { Stowage } from './stowage.ts';

const execute = promisify(execFile);

/** A process with a mount namespace of its own. */
export interface Holder {
  readonly pid: number;
  /** What the process sees of a volume, as this process reaches it. */
  see(volume: string): string;
  /** Ends it; what it held is free afterwards. */
  end(): Promise<void>;
}

/** Starts a process that holds all mounted volumes as a container does: bound to other places, hearing of nothing more. */
export async function startContainer(stowage: Stowage): Promise<Holder> {
  const holder = await startProcess(stowage, 'private');
  const inside = async (...command: readonly string[]): Promise<unknown> =>
    await execute('nsenter', ['--target', String(holder.pid), '--mount', '--', ...command]);
  for (const { target } of stowage.mounts()) {
    mkdirSync(holder.place(basename(target)), { recursive: true });
    await inside('mount', '--bind', target, holder.place(basename(target)));
    await inside('umount', target);
  }
  return holder;
}

/** Starts a process that holds all mounted volumes where they are, however many there are: cheaper than a container. */
export async function startKeeper(stowage: Stowage): Promise<Holder> {
  return await startProcess(stowage, 'private');
}

/** Starts a process that has copies of our mounts, as other services of a host do; they go when ours go. */
export async function startBystander(stowage: Stowage): Promise<Holder> {
  return await startProcess(stowage, 'slave');
}

async function startProcess(
  stowage: Stowage,
  propagation: 'private' | 'slave',
): Promise<Holder & { place(volume: string): string }> {
  const words = ['--mount', '--propagation', propagation, '--', 'sleep', '3600'];
  const child = stowage.namespace.spawn('unshare', words, { stdio: 'ignore' });
  const { pid } = child;
  if (pid === undefined) throw new Error('the holder has no process');
  await eventually(() => {
    if (readFileSync(`/proc/${String(pid)}/comm`, 'utf8') !== 'sleep\n')
      throw new Error('it is not there yet');
  });
  const place = (volume: string): string => join(stowage.root, `container-${String(pid)}`, volume);
  return {
    pid,
    place,
    see: (volume) => `/proc/${String(pid)}/root${place(volume)}`,
    async end() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const ended = once(child, 'exit');
      child.kill('SIGKILL');
      await ended;
    },
  };
}

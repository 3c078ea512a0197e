import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { eventually } from './eventually.ts';
import type { Stowage } from './stowage.ts';

/** A process that holds every mount it finds when it starts, in a mount namespace of its own, as a container does. */
export interface Holder {
  readonly pid: number;
  /** Ends it; what it held is free afterwards. */
  end(): Promise<void>;
}

/**
 * Starts a process that holds the program's mounts. `private` is what a container does; `slave` only gets copies of our
 * mounts for as long as they are there, as every other service of a host does.
 */
export async function holdMounts(stowage: Stowage, propagation: 'private' | 'slave'): Promise<Holder> {
  const words = ['--mount', '--propagation', propagation, '--', 'sleep', '3600'];
  const child = stowage.namespace.spawn('unshare', words, { stdio: 'ignore' });
  const { pid } = child;
  if (pid === undefined) throw new Error('the holder has no process');
  await eventually(() => {
    if (readFileSync(`/proc/${String(pid)}/comm`, 'utf8') !== 'sleep\n')
      throw new Error('the holder is not there yet');
  });
  return {
    pid,
    async end() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const ended = once(child, 'exit');
      child.kill('SIGKILL');
      await ended;
    },
  };
}

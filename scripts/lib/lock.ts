import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';

/**
 * Does the work while holding an exclusive lock on a file that other processes can see; waits for it first.
 * The lock goes with the process that holds it, so a crash never leaves it behind.
 */
export async function withLock<T>(file: string, work: () => Promise<T>): Promise<T> {
  await mkdir(dirname(file), { recursive: true });
  // Node has no flock(2). `cat` answers only once flock has let it start, and ends when this process does.
  const holder = spawn('flock', ['--exclusive', file, 'cat'], { stdio: ['pipe', 'pipe', 'inherit'] });
  const ended = once(holder, 'close');
  holder.stdin.write('.');
  const failed = ended.then(() => {
    throw new Error(`The lock ${file} cannot be taken.`);
  });
  failed.catch(() => {});
  await Promise.race([once(holder.stdout, 'data'), failed]);
  try {
    return await work();
  } finally {
    holder.stdin.end();
    await ended;
  }
}

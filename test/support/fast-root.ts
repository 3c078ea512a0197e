import { mkdtempSync, statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const TMPFS = 0x01021994;
const ENOUGH = 2 * 1024 ** 3;

/**
 * A new directory for tests that kill processes hundreds of times: in memory where there is enough, because a process
 * that is killed loses nothing that it wrote, wherever the file lies, and syncing to a disk would take most of the time.
 */
export function makeFastRoot(): string {
  return mkdtempSync(join(isRoomyMemory('/dev/shm') ? '/dev/shm' : tmpdir(), 'stowage-'));
}

function isRoomyMemory(directory: string): boolean {
  try {
    const { type, bavail, bsize } = statfsSync(directory);
    return type === TMPFS && bavail * bsize >= ENOUGH;
  } catch {
    return false;
  }
}

import { constants, readFileSync } from 'node:fs';
import { open } from 'node:fs/promises';

/** open(2) flag that Node does not name: only a handle to the place, nothing is read and no device is started. */
export const O_PATH = 0o10000000;

const MOUNT_ID = /^mnt_id:\s*(\d+)$/m;

function parse(text: string): number {
  return Number(MOUNT_ID.exec(text)?.[1]);
}

/** The ID, as in mountinfo, of the mount that an open file lies on. The kernel knows it without any file system. */
export function mountIdOf(fd: number): number {
  return parse(readFileSync(`/proc/self/fdinfo/${fd}`, 'utf8'));
}

/** The ID of the mount that `path` lies on or, when it is a mount point, of the topmost mount there. */
export async function mountIdAt(path: string, follow: 'follow' | 'no-follow'): Promise<number> {
  const handle = await open(path, O_PATH | (follow === 'follow' ? 0 : constants.O_NOFOLLOW));
  try {
    return mountIdOf(handle.fd);
  } finally {
    await handle.close();
  }
}

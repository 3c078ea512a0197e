import { closeSync, openSync } from 'node:fs';
import { once } from 'node:events';
import type { Stowage } from '../support/stowage.ts';

/**
 * Mounts a file system whose server never answers, as a dead network share: a FUSE mount that nobody serves. What it
 * returns ends the hanging calls and takes the mount off.
 */
export async function mountHung(stowage: Stowage, directory: string): Promise<() => Promise<void>> {
  const device = openSync('/dev/fuse', 'r+');
  const options = 'fd=3,rootmode=40000,user_id=0,group_id=0,allow_other';
  const child = stowage.namespace.spawn('mount', ['-i', '-t', 'fuse', '-o', options, 'hung', directory], {
    stdio: ['ignore', 'inherit', 'inherit', device],
  });
  const [code] = (await once(child, 'close')) as [number];
  if (code !== 0) throw new Error(`mount ended with ${String(code)}`);
  let over = false;
  return async () => {
    if (over) return;
    over = true;
    closeSync(device);
    await stowage.namespace.run('umount', '-l', directory).catch(() => '');
  };
}

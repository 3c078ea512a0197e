import { setTimeout as sleep } from 'node:timers/promises';
import type { CloudDisk } from '../../../drivers/volume/block/cloud.ts';
import type { SmokeRun } from './run.ts';

const POLL_MS = 500;
const LIMIT_MS = 10 * 60_000;

/** The disk once it is as wished. Throws when that takes ten minutes. */
export async function settled(
  { cloud }: SmokeRun,
  id: string,
  wish: (disk: CloudDisk) => boolean,
): Promise<CloudDisk> {
  const end = performance.now() + LIMIT_MS;
  for (;;) {
    const [disk] = await cloud.describe([id]);
    if (disk !== undefined && wish(disk)) return disk;
    if (performance.now() > end) throw new Error(`disk ${id} did not get there within ten minutes`);
    await sleep(POLL_MS);
  }
}

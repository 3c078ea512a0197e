import { parseArgs } from 'node:util';
import { CLOUDS, type SmokeCloud } from './smoke/clouds.ts';
import { Journal } from './smoke/journal.ts';
import { diskSteps } from './smoke/disk-steps.ts';
import { SmokeRun } from './smoke/run.ts';
import { volumeSteps } from './smoke/volume-steps.ts';

const USAGE = `usage: scripts/smoke BACKEND [--endpoint URL] [--without-disks]
  BACKEND          ${[...CLOUDS.keys()].join(', ')}
  --endpoint URL   the API of a stand-in, moto or LocalStack; default: the cloud itself
  --without-disks  for stand-ins that attach disks only in name: every call of the cloud, but no mount

Run it as root on a machine of the cloud: it creates volumes in a cluster of its own, mounts, writes, clones, snapshots,
restores, grows, adopts and removes them, and removes everything it made, also when it is interrupted.`;

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { endpoint: { type: 'string' }, 'without-disks': { type: 'boolean' } },
  });
  const cloud: SmokeCloud | undefined = CLOUDS.get(positionals[0] ?? '');
  if (cloud === undefined || positionals.length > 1) {
    console.error(USAGE);
    return 2;
  }
  if (values.endpoint !== undefined) process.env[cloud.endpointSetting] = values.endpoint;
  const run = await SmokeRun.open(cloud);
  const journal = new Journal();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => journal.interrupt());
  const steps = values['without-disks'] === true ? diskSteps(run) : volumeSteps(run);
  const passed = await journal.play(steps);
  const left = await run.cleanUp((what) => console.log(what));
  console.log(journal.table());
  for (const thing of left) console.error(`left behind, remove it by hand: ${thing}`);
  return passed && left.length === 0 ? 0 : 1;
}

// Stowage's own timers keep no process alive; connections that are kept open would.
setInterval(() => undefined, 60_000);
process.exit(await main());

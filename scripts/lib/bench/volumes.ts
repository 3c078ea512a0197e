import { callGoals, callTable, measureCalls, type CallFigures } from './calls.ts';
import { measureContainers } from './containers.ts';
import { populate } from './populate.ts';
import { ensureRclone, growRclone, rcloneOptions, startRclone } from './rclone.ts';
import type { Report } from './report.ts';
import { ServingProcess } from './serving-process.ts';
import { stowageCommand } from './stowage.ts';
import type { Workplace } from './workplace.ts';

const SIZES = [1, 100, 10_000];
const ROUNDS = 100;

/** Stowage beside Docker's built-in driver in containers, and beside `rclone serve docker` on the socket. */
export async function benchVolumes(workplace: Workplace): Promise<Report> {
  const version = await ensureRclone();
  const calls = await measureAllSizes(workplace);
  const containers = await measureContainers(workplace);
  return {
    name: 'volumes',
    method:
      `Containers: busybox runs \`true\` with a Stowage directory volume (managed plugin) and with a volume of Docker's ` +
      `built-in local driver, in turns, on ${containers.engine}. Calls: whole lives of volumes on the socket of Stowage ` +
      `(bundle, directory volumes) and of \`rclone serve docker\` (${version}, local directory by FUSE), in turns, ` +
      `${ROUNDS} rounds, by one raw HTTP client over a kept connection. Stowage has its state on disk before it answers; ` +
      `rclone does not wait for the disk.`,
    tables: [...containers.tables, ...calls.map(callTable)],
    goals: [...containers.goals, ...callGoals(calls)],
  };
}

async function measureAllSizes(workplace: Workplace): Promise<CallFigures[]> {
  const server = await stowageCommand(workplace, 'bundle', 'volumes');
  const stowage = await ServingProcess.start(server);
  workplace.onClose(() => stowage.stop());
  let rclone = await startRclone(workplace);
  const figures: CallFigures[] = [];
  let present = 0;
  for (const size of SIZES) {
    console.error(`volumes: making ${size - present} volumes …`);
    await populate(server.socketPath, present, size, null);
    rclone = await growRclone(workplace, rclone, size);
    present = size;
    const peer = { process: rclone, options: rcloneOptions(workplace) };
    figures.push(await measureCalls(size, ROUNDS, { process: stowage, options: null }, peer));
  }
  await stowage.stop();
  await rclone.stop();
  return figures;
}

import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { z } from 'zod';
import { ensurePackages } from '../apt.ts';
import { run } from '../run.ts';
import { populate, volumeName } from './populate.ts';
import { ServingProcess, type ServerCommand } from './serving-process.ts';
import type { Workplace } from './workplace.ts';

const StateFile = z.array(z.looseObject({ name: z.string(), mountpoint: z.string() }));

/** Installs rclone and FUSE when they are missing. @returns its version */
export async function ensureRclone(): Promise<string> {
  await ensurePackages(['rclone', 'fuse3']);
  return (await run('rclone', ['version'])).split('\n')[0] ?? 'rclone';
}

/** What a volume of rclone's is made of: a directory of this machine. */
export function rcloneOptions(workplace: Workplace): object {
  return { remote: `:local:${workplace.path('rclone-data')}` };
}

/** Starts `rclone serve docker` with configuration, cache and mount points of its own. */
export async function startRclone(workplace: Workplace): Promise<ServingProcess> {
  await mkdir(workplace.path('rclone-data'), { recursive: true });
  const process = await ServingProcess.start(rcloneCommand(workplace));
  workplace.onClose(() => process.stop());
  return process;
}

/**
 * Brings it to so many volumes. rclone writes all of its state at each Create, so that thousands would take an hour:
 * its state file is multiplied instead, while it does not run.
 *
 * @returns the process that serves from now on
 */
export async function growRclone(
  workplace: Workplace,
  running: ServingProcess,
  size: number,
): Promise<ServingProcess> {
  const file = workplace.path('rclone-cache', 'docker-plugin.state');
  if (!existsSync(file)) await populate(rcloneCommand(workplace).socketPath, 0, 1, rcloneOptions(workplace));
  await running.stop();
  const [pattern] = StateFile.parse(JSON.parse(await readFile(file, 'utf8')));
  if (pattern === undefined) throw new Error('rclone has kept no volume in its state.');
  const volumes = Array.from({ length: size }, (_, index) => {
    const name = volumeName(index);
    return { ...pattern, name, mountpoint: workplace.path('rclone-mounts', name) };
  });
  await writeFile(file, JSON.stringify(volumes));
  return startRclone(workplace);
}

function rcloneCommand(workplace: Workplace): ServerCommand {
  const socketPath = workplace.path('rclone.sock');
  const places = {
    '--socket-addr': socketPath,
    '--base-dir': workplace.path('rclone-mounts'),
    '--cache-dir': workplace.path('rclone-cache'),
    '--config': workplace.path('rclone.conf'),
  };
  return {
    command: 'rclone',
    args: ['serve', 'docker', ...Object.entries(places).flat()],
    env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', HOME: workplace.directory },
    socketPath,
    logPath: workplace.path('rclone.log'),
  };
}

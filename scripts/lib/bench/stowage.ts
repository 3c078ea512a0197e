import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { z } from 'zod';
import { bundlePlugin } from '../image/bundle.ts';
import type { ServerCommand } from './serving-process.ts';
import type { Workplace } from './workplace.ts';

/** `bundle`: one file with Node's settings as in the plugin's image. `source`: TypeScript as it is. */
export type Form = 'bundle' | 'source';

const REPOSITORY = resolve(import.meta.dirname, '../../..');
const Manifest = z.object({ entrypoint: z.array(z.string()) });

let bundle: Promise<string> | undefined;

/** How Stowage is started on a data directory of its own. */
export async function stowageCommand(workplace: Workplace, form: Form, data: string): Promise<ServerCommand> {
  const socketPath = workplace.path(`${data}.sock`);
  const program = form === 'bundle' ? await bundled(workplace) : resolve(REPOSITORY, 'plugin/main.ts');
  return {
    command: process.execPath,
    args: form === 'bundle' ? [...imageFlags(), program, 'volume'] : [program, 'volume'],
    // Nothing of the environment of whoever runs the benchmark, such as NODE_OPTIONS.
    env: {
      PATH: '/usr/sbin:/usr/bin:/sbin:/bin',
      STOWAGE_SOCKET: socketPath,
      STOWAGE_DATA: workplace.path(data),
      STOWAGE_MOUNTS: workplace.path(`${data}.mounts`),
      STOWAGE_RUN: workplace.path(`${data}.run`),
    },
    socketPath,
    logPath: workplace.path('stowage.log'),
  };
}

/** Made once: each run starts the same file. */
function bundled(workplace: Workplace): Promise<string> {
  bundle ??= makeBundle(workplace.path('bundle'));
  return bundle;
}

async function makeBundle(directory: string): Promise<string> {
  await bundlePlugin(REPOSITORY, directory, process.arch === 'arm64' ? 'arm64' : 'amd64');
  return resolve(directory, 'volume.cjs');
}

/** What the plugin's manifest gives to Node. */
function imageFlags(): string[] {
  const text = readFileSync(resolve(REPOSITORY, 'config.json'), 'utf8');
  return Manifest.parse(JSON.parse(text)).entrypoint.filter((word) => word.startsWith('--'));
}

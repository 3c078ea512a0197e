import assert from 'node:assert/strict';
import { globSync, statSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { run } from '../../../scripts/lib/run.ts';
import { eventually } from './eventually.ts';
import type { ManagedPlugin } from './managed-plugin.ts';
import type { Stage } from './stage.ts';

/** Stowage's traces on a machine that should be empty of them while no container runs. */
interface Traces {
  /** Volumes mounted for the engine. */
  readonly engineMounts: string[];
  /** Volumes and passing mounts that the plugin itself still has. */
  readonly pluginMounts: string[];
  /** Image files that a loop device still shows. */
  readonly loopFiles: string[];
  /** Volumes that still count mount IDs. */
  readonly claimed: string[];
}

interface Loop {
  readonly 'back-ino': number;
  readonly 'back-maj:min': string;
}

const NONE: Traces = { engineMounts: [], pluginMounts: [], loopFiles: [], claimed: [] };

/**
 * Asserts that nothing of Stowage is left mounted, attached or counted. What the kernel does on its own time, such as
 * letting go of a loop device, is waited for.
 *
 * @param lasting a volume that a container goes on using
 */
export async function assertAtRest(stage: Stage<ManagedPlugin>, lasting?: string): Promise<void> {
  let last = NONE;
  try {
    await eventually(
      'Stowage is at rest',
      async () => {
        last = without(await traces(stage), lasting);
        return Object.values(last).every((list: string[]) => list.length === 0) ? true : undefined;
      },
      15_000,
    );
  } catch (error) {
    assert.deepEqual(last, NONE);
    throw error;
  }
}

function without(found: Traces, lasting: string | undefined): Traces {
  if (lasting === undefined) return found;
  const rest = (list: string[]): string[] => list.filter((item) => !item.split('/').includes(lasting));
  return {
    engineMounts: rest(found.engineMounts),
    pluginMounts: rest(found.pluginMounts),
    loopFiles: rest(found.loopFiles),
    claimed: rest(found.claimed),
  };
}

async function traces(stage: Stage<ManagedPlugin>): Promise<Traces> {
  const pluginTable = await readFile(`/proc/${String(await stage.driver.pid())}/mountinfo`, 'utf8');
  return {
    engineMounts: below(await stage.engine.mountinfo(), [await stage.driver.propagatedMount()]),
    pluginMounts: below(pluginTable, ['/run/stowage', '/mnt/volumes']),
    loopFiles: await loopFiles(stage.driver.dataDirectory),
    claimed: await claimedVolumes(stage),
  };
}

/** The mount points of a table that lie below any of the directories. */
function below(mountinfo: string, directories: readonly string[]): string[] {
  const targets = mountinfo.split('\n').map((line) => line.split(' ')[4] ?? '');
  return targets.filter((target) => directories.some((directory) => target.startsWith(`${directory}/`)));
}

/**
 * Images of volumes that loop devices still show. Told by their numbers: the kernel shows their paths as the plugin sees
 * them.
 */
async function loopFiles(dataDirectory: string): Promise<string[]> {
  const listed = await run('losetup', ['--list', '--json', '--output', 'BACK-INO,BACK-MAJ:MIN']);
  const loops = listed.trim() === '' ? [] : (JSON.parse(listed) as { loopdevices: Loop[] }).loopdevices;
  const shown = new Set(loops.map((loop) => `${loop['back-maj:min'].trim()} ${String(loop['back-ino'])}`));
  return globSync(`${dataDirectory}/{volumes,staging,trash}/*/image`).filter((file) => {
    const { dev, ino } = statSync(file);
    return shown.has(`${String(dev >> 8)}:${String(dev & 0xff)} ${String(ino)}`);
  });
}

async function claimedVolumes({ driver }: Stage): Promise<string[]> {
  const claimed: string[] = [];
  for (const name of await driver.client.volumes()) {
    const { Volume } = await driver.client.call('VolumeDriver.Get', { Name: name });
    const { Status } = Volume as { Status: { mountIds: string } };
    if (Status.mountIds !== '0') claimed.push(name);
  }
  return claimed;
}

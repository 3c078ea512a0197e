import { join } from 'node:path';
import { ensureImage } from '../../../scripts/lib/base-images.ts';
import type { EngineRelease } from '../../../scripts/lib/engine-roots.ts';
import { startEngine, type Engine } from '../../../scripts/lib/engine.ts';
import type { CloudMachine } from './clouds.ts';
import { shareLoopback } from './loopback.ts';
import { installPlugin, type ManagedPlugin } from './managed-plugin.ts';
import { Stage } from './stage.ts';

/** An engine on a machine of a cloud's stand-in, with Stowage set to it. */
export interface CloudStage {
  readonly stage: Stage<ManagedPlugin>;
  readonly machine: CloudMachine;
  /** Ends everything. */
  close(): Promise<void>;
}

/**
 * Starts an engine with Stowage on a machine of a cloud. The machine's disks are loop devices of this one; the `/sys` that
 * shows them lies below the one directory of the host that the plugin has.
 */
export async function openCloudStage(
  release: EngineRelease,
  start: (root: string) => Promise<CloudMachine>,
): Promise<CloudStage> {
  const engine = await startEngine({ release });
  const endings: (() => Promise<void>)[] = [];
  const close = async (): Promise<void> => {
    await engine.stop();
    for (const end of endings.toReversed()) await end();
  };
  try {
    const machine = await start(join(engine.directory, 'var-lib/cloud'));
    endings.push(async () => {
      await machine.close();
    });
    for (const address of Object.values(machine.environment)) {
      endings.push(await shareLoopback(engine, Number(address.split(':').at(-1))));
    }
    await ensureImage(engine, 'busybox:latest', false);
    return { stage: new Stage(engine, await installOn(engine, machine)), machine, close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function installOn(engine: Engine, { hostSys, environment }: CloudMachine): Promise<ManagedPlugin> {
  const settings = { ...environment, STOWAGE_DETACH_GRACE: '0', STOWAGE_HOST_SYS: hostSys };
  const words = Object.entries(settings).map(([name, value]) => {
    // By a name, which only somebody with /etc/hosts knows, and where the plugin finds it.
    const seen = value.replace('127.0.0.1', 'localhost').replace(join(engine.directory, 'var-lib'), '/data');
    return `${name}=${seen}`;
  });
  return await installPlugin(engine, ...words);
}

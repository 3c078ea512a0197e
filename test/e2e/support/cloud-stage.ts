import { join } from 'node:path';
import { ensureImage } from '../../../scripts/lib/base-images.ts';
import type { EngineRelease } from '../../../scripts/lib/engine-roots.ts';
import { startEngine, type Engine } from '../../../scripts/lib/engine.ts';
import { startRegion, type Ec2Instance, type Ec2Region } from '../../cloud/ec2/instance.ts';
import { shareLoopback } from './loopback.ts';
import { installPlugin, type ManagedPlugin } from './managed-plugin.ts';
import { Stage } from './stage.ts';

/** An engine on an instance of the stand-in for EC2, with Stowage set to it. */
export interface CloudStage {
  readonly stage: Stage<ManagedPlugin>;
  readonly region: Ec2Region;
  /** Ends everything. */
  close(): Promise<void>;
}

/**
 * Starts a region and, on an instance of it, an engine with Stowage. The instance's disks are loop devices of this
 * machine; the `/sys` that shows them lies below the one directory of the host that the plugin has.
 */
export async function openCloudStage(release: EngineRelease): Promise<CloudStage> {
  const engine = await startEngine({ release });
  const endings: (() => Promise<void>)[] = [];
  const close = async (): Promise<void> => {
    await engine.stop();
    for (const end of endings.toReversed()) await end();
  };
  try {
    const region = await startRegion(join(engine.directory, 'var-lib/ec2'));
    endings.push(async () => {
      await region.close();
    });
    const instance = await region.launch();
    for (const url of Object.values(instance.environment)) {
      endings.push(await shareLoopback(engine, Number(new URL(url).port)));
    }
    await ensureImage(engine, 'busybox:latest', false);
    return { stage: new Stage(engine, await installOn(engine, instance)), region, close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function installOn(engine: Engine, { id, environment }: Ec2Instance): Promise<ManagedPlugin> {
  const settings = Object.entries({
    ...environment,
    // By a name, which only somebody with /etc/hosts knows.
    AWS_ENDPOINT_URL_EC2: String(environment['AWS_ENDPOINT_URL_EC2']).replace('127.0.0.1', 'localhost'),
    STOWAGE_HOST_SYS: `/data/ec2/bay/${id}/sys`,
    STOWAGE_DETACH_GRACE: '0',
  });
  return await installPlugin(engine, ...settings.map(([name, value]) => `${name}=${value}`));
}

import { mkdir } from 'node:fs/promises';
import { ensureImage } from '../../../scripts/lib/base-images.ts';
import { startEngine, type EngineOptions } from '../../../scripts/lib/engine.ts';
import { installPlugin, type ManagedPlugin } from './managed-plugin.ts';
import { Stage } from './stage.ts';

/** Lets `path=` volumes use directories below /var/lib/team of the engine's machine. */
const PATHS = ['paths.source=/var/lib/team', 'STOWAGE_PATH_ROOTS=/var/lib/team:/paths'];

/** Starts an engine and installs Stowage on it. End it with `stage.engine.stop()`. */
export async function openStage(options: EngineOptions): Promise<Stage<ManagedPlugin>> {
  const engine = await startEngine(options);
  try {
    await ensureImage(engine, 'busybox:latest', false);
    await mkdir(engine.hostPath('/var/lib/team'));
    return new Stage(engine, await installPlugin(engine, ...PATHS));
  } catch (error) {
    await engine.discard();
    throw error;
  }
}

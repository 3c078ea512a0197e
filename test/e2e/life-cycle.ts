import { after, before, describe } from 'node:test';
import type { EngineRelease } from '../../scripts/lib/engine-roots.ts';
import { engineRestart } from './scenarios/engine-restart.ts';
import { mobyRestart } from './scenarios/moby-managed.ts';
import { pluginLife } from './scenarios/plugin-life.ts';
import { pluginUpgrade } from './scenarios/plugin-upgrade.ts';
import type { ManagedPlugin } from './support/managed-plugin.ts';
import { openStage } from './support/open-stage.ts';
import { play } from './support/scenario.ts';
import type { Stage } from './support/stage.ts';

/** Plays what restarts the engine or replaces the plugin, on one engine of the release. */
export function playLifeCycle(release: EngineRelease): void {
  describe(`Stowage's life cycle on Docker ${release}`, () => {
    let stage: Stage<ManagedPlugin>;
    before(async () => {
      stage = await openStage({ release });
    });
    after(async () => {
      await stage.engine.stop();
    });
    play(() => stage, { ...pluginLife, ...engineRestart, ...mobyRestart, ...pluginUpgrade });
  });
}

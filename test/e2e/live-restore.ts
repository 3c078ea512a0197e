import { after, before, describe } from 'node:test';
import type { EngineRelease } from '../../scripts/lib/engine-roots.ts';
import { liveRestore } from './scenarios/live-restore.ts';
import type { ManagedPlugin } from './support/managed-plugin.ts';
import { openStage } from './support/open-stage.ts';
import { play } from './support/scenario.ts';
import type { Stage } from './support/stage.ts';

/** Plays on an engine whose containers go on without it. */
export function playLiveRestore(release: EngineRelease): void {
  describe(`Stowage on Docker ${release} with live-restore: a container goes on writing through`, () => {
    let stage: Stage<ManagedPlugin>;
    before(async () => {
      stage = await openStage({ release, liveRestore: true });
    });
    after(async () => {
      await stage.engine.discard();
    });
    play(() => stage, liveRestore);
  });
}

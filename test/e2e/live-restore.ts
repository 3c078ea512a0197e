import { after, before, describe } from 'node:test';
import type { EngineRelease } from '../../scripts/lib/engine-roots.ts';
import { goesOnThrough, interruptions, isLetGoOf } from './scenarios/live-restore.ts';
import type { ManagedPlugin } from './support/managed-plugin.ts';
import { openStage } from './support/open-stage.ts';
import { play } from './support/scenario.ts';
import type { Stage } from './support/stage.ts';
import { Writer } from './support/writer.ts';

/** A container, and its volume of the same name. */
const LASTING = { container: 'lasting', volume: 'lasting' };

/** Plays on an engine whose containers go on without it. */
export function playLiveRestore(release: EngineRelease): void {
  describe(`Stowage on Docker ${release} with live-restore`, () => {
    let stage: Stage<ManagedPlugin>;
    let writer: Writer;
    before(async () => {
      stage = await openStage({ release, liveRestore: true });
      await stage.create(LASTING.volume, 'size=32MiB');
      writer = await Writer.start(stage, LASTING.container, LASTING.volume);
    });
    after(async () => {
      await stage.engine.discard();
    });

    for (const [name, interruption] of Object.entries(interruptions)) {
      const title = `a container goes on writing through ${name}`;
      play(() => stage, { [title]: async () => await goesOnThrough(interruption, stage, writer) }, LASTING);
    }
    play(() => stage, { 'its volume is let go of afterwards': async () => await isLetGoOf(stage, writer) });
  });
}

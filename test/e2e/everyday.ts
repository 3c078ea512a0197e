import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { EngineRelease } from '../../scripts/lib/engine-roots.ts';
import { containers } from './scenarios/containers.ts';
import { dockerCp } from './scenarios/docker-cp.ts';
import { claimIsFoundStale, containersReturn } from './scenarios/engine-crash.ts';
import { imageContent } from './scenarios/image-content.ts';
import { mobyManaged } from './scenarios/moby-managed.ts';
import { mobyPlainProcess } from './scenarios/moby-plain-process.ts';
import { pluginCrash } from './scenarios/plugin-crash.ts';
import { sizedVolumes } from './scenarios/sized-volumes.ts';
import { swarm } from './scenarios/swarm.ts';
import { volumeCommands } from './scenarios/volume-commands.ts';
import { volumeOptions } from './scenarios/volume-options.ts';
import type { ManagedPlugin } from './support/managed-plugin.ts';
import { openStage } from './support/open-stage.ts';
import { PlainProcess } from './support/plain-process.ts';
import { play } from './support/scenario.ts';
import { Stage } from './support/stage.ts';
import { Writer } from './support/writer.ts';

/** In this order: from what disturbs nobody else to what ends with a crash of the engine. */
const TOPICS = {
  'volume commands': volumeCommands,
  'volumes with size': sizedVolumes,
  'volume options': volumeOptions,
  containers,
  'image content': imageContent,
  'docker cp': dockerCp,
  "moby's external volume driver tests": mobyManaged,
  swarm,
  'kill -9 of the plugin': pluginCrash,
  "moby's external volume driver tests, plain process": mobyPlainProcess,
};

/** A container, and its volume of the same name, that is there all the time: on a plain process, for a change. */
const LASTING = { container: 'lasting', volume: 'lasting' };

/** Plays the life of a machine on one engine of the release: a container runs through all of it until the engine crashes. */
export function playEveryday(release: EngineRelease): void {
  describe(`Stowage on Docker ${release}`, () => {
    let stage: Stage<ManagedPlugin>;
    let plain: Stage<PlainProcess>;
    let writer: Writer;
    before(async () => {
      stage = await openStage({ release });
      plain = new Stage(stage.engine, new PlainProcess(stage.engine, 'plain'));
      await plain.driver.start();
      await plain.create(LASTING.volume);
      writer = await Writer.start(plain, LASTING.container, LASTING.volume);
    });
    after(async () => {
      await stage.engine.stop();
    });

    for (const [topic, scenarios] of Object.entries(TOPICS)) {
      describe(topic, () => {
        play(() => stage, scenarios, LASTING);
      });
    }

    describe('through all of this', () => {
      it('a container wrote without a break', async () => {
        await writer.goesOn();
        assert.equal(await plain.status(LASTING.volume, 'mountIds'), '1');
      });
    });

    describe('kill -9 of the engine', () => {
      play(
        () => stage,
        {
          'containers that return mount with the IDs they had, and are counted once': async () => {
            await containersReturn(stage, plain);
          },
          'the claim of a container that did not return is found stale': async () => {
            await claimIsFoundStale(plain, LASTING.volume);
          },
        },
        LASTING,
      );
    });
  });
}

import { after, before, describe } from 'node:test';
import type { EngineRelease } from '../../scripts/lib/engine-roots.ts';
import { cloudVolumes } from './scenarios/cloud-volumes.ts';
import { openCloudStage, type CloudStage } from './support/cloud-stage.ts';
import { clouds } from './support/clouds.ts';
import { play } from './support/scenario.ts';

/** Plays volumes on the disks of every cloud, on engines of the release. */
export function playClouds(release: EngineRelease): void {
  for (const [backend, start] of Object.entries(clouds)) {
    describe(`Stowage's ${backend} volumes on Docker ${release}`, () => {
      let cloud: CloudStage;
      before(async () => {
        cloud = await openCloudStage(release, start);
      });
      after(async () => {
        await cloud.close();
      });
      play(
        () => cloud.stage,
        cloudVolumes(backend, () => cloud.machine),
      );
    });
  }
}

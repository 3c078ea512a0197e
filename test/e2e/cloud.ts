import { after, before, describe } from 'node:test';
import type { EngineRelease } from '../../scripts/lib/engine-roots.ts';
import { cloudVolumes } from './scenarios/cloud-volumes.ts';
import { openCloudStage, type CloudStage } from './support/cloud-stage.ts';
import { play } from './support/scenario.ts';

/** Plays volumes on a cloud's disks, on one engine of the release. */
export function playCloud(release: EngineRelease): void {
  describe(`Stowage's cloud volumes on Docker ${release}`, () => {
    let cloud: CloudStage;
    before(async () => {
      cloud = await openCloudStage(release);
    });
    after(async () => {
      await cloud.close();
    });
    play(
      () => cloud.stage,
      cloudVolumes(() => cloud.region),
    );
  });
}

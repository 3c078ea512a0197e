import assert from 'node:assert/strict';
import { ebs } from '../../../drivers/volume/ebs/index.ts';
import { startRegion } from '../../cloud/ec2/instance.ts';
import type { Surroundings } from '../../conformance/volume-driver/bench.ts';
import { volumeDriverConformance } from '../../conformance/volume-driver/index.ts';
import { eventually } from '../../support/eventually.ts';
import { fastClock } from '../../support/fast-clock.ts';

/** The stand-in takes a hundredth of EC2's times, so the driver's waiting is as much shorter. */
const FASTER = 100;

volumeDriverConformance(
  ebs,
  (['ext4', 'xfs', 'btrfs'] as const).map((fsType) => ({
    name: fsType,
    options: () => ({ size: '1GiB', fsType }),
    larger: () => ({ size: '2GiB', fsType }),
    ...(fsType === 'ext4' && { growsInUseWith: 'CAP_SYS_RESOURCE' as const, growsWhenMounted: false }),
    clonable: true,
  })),
  onInstance,
);

async function onInstance(root: string): Promise<Surroundings> {
  const region = await startRegion(root, { scale: 1 / FASTER });
  const { hostSys, environment } = await region.launch();
  // The SDK reads its own environment for the role of the instance, as on EC2.
  for (const [name, value] of Object.entries(environment)) process.env[name] = value;
  return {
    hostSys,
    environment,
    clock: fastClock(FASTER),
    close: async () => {
      await eventually(() => assert.deepEqual(region.control.volumes(), []));
      await region.close();
      region.control.assertSound();
    },
  };
}

import assert from 'node:assert/strict';
import { ebs } from '../../../drivers/volume/ebs/index.ts';
import { startRegion } from '../../cloud/ec2/instance.ts';
import type { Surroundings } from '../../conformance/volume-driver/bench.ts';
import { volumeDriverConformance } from '../../conformance/volume-driver/index.ts';
import { wireConformance } from '../../conformance/wire/index.ts';
import { eventually } from '../../support/eventually.ts';
import { fastClock } from '../../support/fast-clock.ts';
import { diskVariants } from './variants.ts';

/** The stand-in takes a twenty-fifth of EC2's times, so the driver's waiting is as much shorter. */
const FASTER = 25;

volumeDriverConformance(ebs, diskVariants, onInstance);
// The wire does not see file systems: one of them does.
wireConformance(ebs, diskVariants.slice(0, 1), onInstance);

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
      try {
        await eventually(() => assert.deepEqual(region.control.volumes(), []));
      } finally {
        await region.close();
      }
      region.control.assertSound();
    },
  };
}

import assert from 'node:assert/strict';
import { gcePd } from '../../../drivers/volume/gce-pd/index.ts';
import { startProject } from '../../cloud/gce/instance.ts';
import type { Surroundings } from '../../conformance/volume-driver/bench.ts';
import { volumeDriverConformance } from '../../conformance/volume-driver/index.ts';
import { wireConformance } from '../../conformance/wire/index.ts';
import { eventually } from '../../support/eventually.ts';
import { fastClock } from '../../support/fast-clock.ts';
import { diskVariants } from './variants.ts';

/** The stand-in takes a twenty-fifth of GCE's times, so the driver's waiting is as much shorter. */
const FASTER = 25;

volumeDriverConformance(gcePd, diskVariants, onMachine);
// The wire does not see file systems: one of them does.
wireConformance(gcePd, diskVariants.slice(0, 1), onMachine);

async function onMachine(root: string): Promise<Surroundings> {
  const project = await startProject(root, { scale: 1 / FASTER });
  const { hostSys, environment } = await project.launch();
  return {
    hostSys,
    environment,
    clock: fastClock(FASTER),
    close: async () => {
      try {
        await eventually(() => assert.deepEqual(project.control.disks(), []));
      } finally {
        await project.close();
      }
      project.control.assertSound();
    },
  };
}

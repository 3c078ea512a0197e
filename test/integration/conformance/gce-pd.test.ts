import assert from 'node:assert/strict';
import { gcePd } from '../../../drivers/volume/gce-pd/index.ts';
import { startProject } from '../../cloud/gce/instance.ts';
import type { Surroundings } from '../../conformance/volume-driver/bench.ts';
import { volumeDriverConformance } from '../../conformance/volume-driver/index.ts';
import { eventually } from '../../support/eventually.ts';
import { fastClock } from '../../support/fast-clock.ts';

/** The stand-in takes a hundredth of GCE's times, so the driver's waiting is as much shorter. */
const FASTER = 100;

volumeDriverConformance(
  gcePd,
  (['ext4', 'xfs', 'btrfs'] as const).map((fsType) => ({
    name: fsType,
    options: () => ({ size: '1GiB', fsType }),
    larger: () => ({ size: '2GiB', fsType }),
    ...(fsType === 'ext4' && { growsInUseWith: 'CAP_SYS_RESOURCE' as const, growsWhenMounted: false }),
    clonable: true,
  })),
  onMachine,
);

async function onMachine(root: string): Promise<Surroundings> {
  const project = await startProject(root, { scale: 1 / FASTER });
  const { hostSys, environment } = await project.launch();
  return {
    hostSys,
    environment,
    clock: fastClock(FASTER),
    close: async () => {
      await eventually(() => assert.deepEqual(project.control.disks(), []));
      await project.close();
      project.control.assertSound();
    },
  };
}

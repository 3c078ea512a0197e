import { startRegion } from '../../cloud/ec2/instance.ts';
import { startProject } from '../../cloud/gce/instance.ts';

/** One machine of a cloud's stand-in. */
export interface CloudMachine {
  /** The `/sys` that shows its disks. */
  readonly hostSys: string;
  /** What points Stowage to the stand-in; every value ends with a port of this machine's loopback. */
  readonly environment: Readonly<Record<string, string>>;
  /** How many volumes the cloud has. */
  disks(): number;
  /** Throws when the cloud saw what must never happen. */
  assertSound(): void;
  /** Ends the cloud with it. */
  close(): Promise<void>;
}

/** A cloud whose disks are loop devices, by the name of the backend that uses it. It is started below a directory. */
export const clouds: Readonly<Record<string, (root: string) => Promise<CloudMachine>>> = {
  ebs: async (root) => {
    const region = await startRegion(root);
    return {
      ...(await region.launch()),
      disks: () => region.control.volumes().length,
      assertSound: () => region.control.assertSound(),
      close: async () => await region.close(),
    };
  },
  'gce-pd': async (root) => {
    const project = await startProject(root);
    return {
      ...(await project.launch()),
      disks: () => project.control.disks().length,
      assertSound: () => project.control.assertSound(),
      close: async () => await project.close(),
    };
  },
};

import { join } from 'node:path';
import { LoopDiskBay } from '../shared/loop-disk-bay.ts';
import { ebsLook } from '../shared/disk-looks.ts';
import { startEc2, type Ec2Settings, type Ec2StandIn } from './stand-in.ts';
import type { MetadataSettings } from './imds.ts';

/** An instance as a program on it finds it. */
export interface Ec2Instance {
  readonly id: string;
  /** The `/sys` that shows its disks. */
  readonly hostSys: string;
  /** What points the SDK and Stowage to the stand-in. */
  readonly environment: Readonly<Record<string, string>>;
}

/** A region whose disks are loop devices of this machine. */
export interface Ec2Region extends Ec2StandIn {
  readonly bay: LoopDiskBay;
  /** A new instance with a role that may do everything, or what `metadata` says. */
  launch(zone?: string, metadata?: MetadataSettings): Promise<Ec2Instance>;
}

/** Starts a region below `root`; close it when done. */
export async function startRegion(root: string, settings: Ec2Settings = {}): Promise<Ec2Region> {
  const bay = new LoopDiskBay({ root: join(root, 'bay'), look: ebsLook });
  const standIn = await startEc2({ bay, modificationPauseMs: 0, snapshotPauseMs: 0, ...settings });
  return {
    ...standIn,
    bay,
    async launch(zone, metadata = {}) {
      const id = standIn.control.addInstance(zone === undefined ? {} : { zone });
      const { endpoint } = await standIn.control.startMetadata(id, { role: 'stowage', ...metadata });
      return {
        id,
        hostSys: await bay.sysfsOf(id),
        environment: {
          AWS_ENDPOINT_URL_EC2: standIn.endpoint,
          AWS_EC2_METADATA_SERVICE_ENDPOINT: endpoint,
        },
      };
    },
  };
}

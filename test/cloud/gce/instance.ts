import { join } from 'node:path';
import { LoopDiskBay } from '../shared/loop-disk-bay.ts';
import { persistentDiskLook } from '../shared/disk-looks.ts';
import type { MachineSettings } from './control.ts';
import type { MetadataSettings } from './metadata-server.ts';
import { startGce, type GceSettings, type GceStandIn } from './stand-in.ts';

/** A machine as a program on it finds it. */
export interface GceMachine {
  readonly name: string;
  readonly zone: string;
  /** The `/sys` that shows its disks. */
  readonly hostSys: string;
  /** What points Stowage to the stand-in. */
  readonly environment: Readonly<Record<string, string>>;
}

/** A project whose disks are loop devices of this machine. */
export interface GceProject extends GceStandIn {
  readonly bay: LoopDiskBay;
  /** A new machine whose service account may do everything, or what `metadata` says. */
  launch(machine?: MachineSettings, metadata?: MetadataSettings): Promise<GceMachine>;
}

/** Starts a project below `root`; close it when done. */
export async function startProject(root: string, settings: GceSettings = {}): Promise<GceProject> {
  const bay = new LoopDiskBay({ root: join(root, 'bay'), look: persistentDiskLook });
  const standIn = await startGce({ bay, ...settings });
  let count = 0;
  return {
    ...standIn,
    bay,
    async launch(machine = {}, metadata = {}) {
      count += 1;
      const name = `machine-${String(count)}`;
      standIn.control.addMachine(name, machine);
      const { host } = await standIn.control.startMetadata(name, metadata);
      return {
        name,
        zone: machine.zone ?? standIn.zones[0] ?? '',
        hostSys: await bay.sysfsOf(name),
        environment: {
          STOWAGE_GCE_ENDPOINT: `http://${standIn.host}:${String(standIn.port)}`,
          GCE_METADATA_HOST: host,
        },
      };
    },
  };
}

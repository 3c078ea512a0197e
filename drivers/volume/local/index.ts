import type { VolumeDriverDefinition } from '../../../plugin/core/ports/volume-driver.ts';
import { LocalDriver } from './driver.ts';
import { localOptions, type LocalOptions } from './options.ts';

/** The local backend: directories, capped images, host directories and memory of this host. */
export const local: VolumeDriverDefinition<LocalOptions> = {
  name: 'local',
  description: "Volumes on this host's disks or in its memory",
  capabilities: { scope: 'local', clone: true, grow: true },
  options: localOptions,
  settings: [],
  create: (context) => new LocalDriver(context),
};

import type { VolumeDriverDefinition } from '../../../plugin/core/ports/volume-driver.ts';
import { createGceDriver } from './driver.ts';
import { gceOptions, type GceOptions } from './options.ts';
import { GCE_SETTINGS } from './settings.ts';

/** Google's Persistent Disk and Hyperdisk: one disk for each Docker volume, seen by every machine of its zone. */
export const gcePd: VolumeDriverDefinition<GceOptions> = {
  name: 'gce-pd',
  description: 'Google Compute Engine disks',
  capabilities: { scope: 'global', clone: true, grow: true },
  options: gceOptions,
  settings: GCE_SETTINGS,
  create: createGceDriver,
};

import type { VolumeDriverDefinition } from '../../../plugin/core/ports/volume-driver.ts';
import { createEbsDriver } from './driver.ts';
import { ebsOptions, type EbsOptions } from './options.ts';
import { EBS_SETTINGS } from './settings.ts';

/** AWS Elastic Block Store: one EBS volume for each Docker volume, seen by every instance of its zone. */
export const ebs: VolumeDriverDefinition<EbsOptions> = {
  name: 'ebs',
  description: 'AWS EBS volumes',
  capabilities: { scope: 'global', clone: true, grow: true },
  options: ebsOptions,
  settings: EBS_SETTINGS,
  create: createEbsDriver,
};

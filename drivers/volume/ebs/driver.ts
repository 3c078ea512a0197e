import type { DriverContext, VolumeDriver } from '../../../plugin/core/ports/volume-driver.ts';
import { BlockDriver } from '../block/block-driver.ts';
import { EbsCloud } from './cloud.ts';
import { ebsOptions, type EbsOptions } from './options.ts';

/** The skeleton that all cloud disks share, over EC2. No SDK is loaded and no call made before a volume needs it. */
export function createEbsDriver(context: DriverContext): VolumeDriver<EbsOptions> {
  return new BlockDriver(new EbsCloud(context), context, (given) => ebsOptions.parse(given).effective);
}

import type { DriverContext, VolumeDriver } from '../../../plugin/core/ports/volume-driver.ts';
import { BlockDriver } from '../block/block-driver.ts';
import { GceCloud } from './cloud.ts';
import { gceOptions, type GceOptions } from './options.ts';

/** The skeleton that all cloud disks share, over GCE. No SDK is loaded and no call made before a volume needs it. */
export function createGceDriver(context: DriverContext): VolumeDriver<GceOptions> {
  return new BlockDriver(new GceCloud(context), context, (given) => gceOptions.parse(given).effective);
}

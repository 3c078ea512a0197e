import type { BlockCloud } from '../../../drivers/volume/block/cloud.ts';
import type { BlockOptions } from '../../../drivers/volume/block/options.ts';
import { EbsCloud } from '../../../drivers/volume/ebs/cloud.ts';
import { ebs } from '../../../drivers/volume/ebs/index.ts';
import { GceCloud } from '../../../drivers/volume/gce-pd/cloud.ts';
import { gcePd } from '../../../drivers/volume/gce-pd/index.ts';
import type { GivenOptions, ParsedOptions } from '../../../plugin/core/options.ts';
import type { DriverContext, VolumeDriverDefinition } from '../../../plugin/core/ports/volume-driver.ts';

/** A backend that can be smoke-tested. */
export interface SmokeCloud {
  readonly definition: VolumeDriverDefinition<unknown>;
  /** The setting that `--endpoint` is. */
  readonly endpointSetting: string;
  /** Options as users write them, understood. */
  readonly understand: (given: GivenOptions) => ParsedOptions<BlockOptions>;
  /** The cloud itself, for what the driver does not offer. */
  open(context: DriverContext): BlockCloud<BlockOptions>;
}

/** By the name of the backend. */
export const CLOUDS: ReadonlyMap<string, SmokeCloud> = new Map([
  [
    ebs.name,
    {
      definition: ebs,
      endpointSetting: 'AWS_ENDPOINT_URL_EC2',
      understand: (given: GivenOptions) => ebs.options.parse(given),
      open: (context: DriverContext) => new EbsCloud(context),
    },
  ],
  [
    gcePd.name,
    {
      definition: gcePd,
      endpointSetting: 'STOWAGE_GCE_ENDPOINT',
      understand: (given: GivenOptions) => gcePd.options.parse(given),
      open: (context: DriverContext) => new GceCloud(context),
    },
  ],
]);

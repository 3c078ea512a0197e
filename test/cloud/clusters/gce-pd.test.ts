import { gcePd } from '../../../drivers/volume/gce-pd/index.ts';
import { gceRegion } from '../gce/region.ts';
import { blockCloudConformance } from '../../conformance/block-cloud/index.ts';

blockCloudConformance(gcePd, gceRegion);

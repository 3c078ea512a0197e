import { ebs } from '../../../drivers/volume/ebs/index.ts';
import { ec2Region } from '../ec2/region.ts';
import { blockCloudConformance } from '../../conformance/block-cloud/index.ts';

blockCloudConformance(ebs, ec2Region);

import { cloudDisks } from './cloud-disks.ts';
import { gceCloud } from './gce-cloud.ts';

cloudDisks(gceCloud);

import { cloudDisks } from './cloud-disks.ts';
import { ec2Cloud } from './ec2-cloud.ts';

cloudDisks(ec2Cloud);

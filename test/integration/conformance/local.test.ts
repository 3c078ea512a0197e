import { local } from '../../../drivers/volume/local/index.ts';
import { volumeDriverConformance } from '../../conformance/volume-driver/index.ts';
import { wireConformance } from '../../conformance/wire/index.ts';
import { localVariants } from './variants.ts';

volumeDriverConformance(local, localVariants);
wireConformance(local, localVariants);

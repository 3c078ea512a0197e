import type { VolumeDriverDefinition } from '../plugin/core/ports/volume-driver.ts';
import { ebs } from './volume/ebs/index.ts';
import { gcePd } from './volume/gce-pd/index.ts';
import { local } from './volume/local/index.ts';

/** Every backend that volumes can have. A new driver adds its line here. */
export const volumeDrivers: readonly VolumeDriverDefinition<unknown>[] = [local, ebs, gcePd];

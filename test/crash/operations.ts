import { mayGrowMountedExt4 } from '../../plugin/host/grow.ts';
import { mount, secondMount, unmount, unmountOfTwo } from './claims.ts';
import { growMounted, growOffline, mountAfterGrowing } from './growth.ts';
import { directory, images, kinds, memory } from './kinds.ts';
import { clone, create, reclaim, remove, retain } from './lives.ts';
import type { Operation } from './operation.ts';
import { firstStart, recovery } from './starts.ts';

/** The kernel lets not everybody. */
const mayGrowMounted = await mayGrowMountedExt4();

/** Everything that is killed at each of its boundaries. */
export const operations: readonly Operation[] = [
  firstStart,
  recovery,
  ...kinds.map(create),
  ...kinds.map(mount),
  ...[directory, ...images, memory].map(unmount),
  secondMount(directory),
  unmountOfTwo(directory),
  ...[directory, ...images].map(remove),
  ...[directory, ...images.slice(0, 1)].flatMap((kind) => [retain(kind), reclaim(kind)]),
  ...images.flatMap((kind) => [growOffline(kind), mountAfterGrowing(kind)]),
  ...images.filter(({ name }) => mayGrowMounted || name !== 'ext4').map(growMounted),
  ...[directory, ...images].map(clone),
];

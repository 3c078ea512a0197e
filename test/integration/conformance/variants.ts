import type { VolumeVariant } from '../../conformance/volume-driver/bench.ts';

/** Every form of a local volume. */
export const localVariants: readonly VolumeVariant[] = [
  { name: 'directory', options: () => ({}), clonable: true },
  {
    name: 'ext4 image',
    options: () => ({ size: '32MiB' }),
    larger: () => ({ size: '64MiB' }),
    growsInUseWith: 'CAP_SYS_RESOURCE',
    clonable: true,
  },
  {
    name: 'xfs image',
    options: () => ({ size: '300MiB', fsType: 'xfs' }),
    larger: () => ({ size: '600MiB', fsType: 'xfs' }),
    clonable: true,
  },
  {
    name: 'btrfs image',
    options: () => ({ size: '128MiB', fsType: 'btrfs' }),
    larger: () => ({ size: '256MiB', fsType: 'btrfs' }),
    clonable: true,
  },
  {
    name: 'memory',
    options: () => ({ medium: 'memory', size: '4MiB' }),
    larger: () => ({ medium: 'memory', size: '8MiB' }),
    volatile: true,
    clonable: false,
  },
  { name: 'host path', options: (path) => ({ path }), clonable: false, keptOnRemove: true },
];

/** A cloud's disk with each file system. */
export const diskVariants: readonly VolumeVariant[] = (['ext4', 'xfs', 'btrfs'] as const).map((fsType) => ({
  name: fsType,
  options: () => ({ size: '1GiB', fsType }),
  larger: () => ({ size: '2GiB', fsType }),
  // Without the capability it would have to grow unmounted, which is not safe for a disk that may move to another node.
  ...(fsType === 'ext4' && { growsInUseWith: 'CAP_SYS_RESOURCE' as const, growsWhenMounted: false }),
  clonable: true,
}));

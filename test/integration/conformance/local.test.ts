import { local } from '../../../drivers/volume/local/index.ts';
import { volumeDriverConformance } from '../../conformance/volume-driver/index.ts';

volumeDriverConformance(local, [
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
]);

import type { FileSystemType } from '../../../plugin/core/ports/host.ts';
import type { GivenOptions } from '../../../plugin/core/options.ts';
import { checkMkfsOptions } from './mkfs-options.ts';
import { refusedFileSystemOption } from './mount-options.ts';

/** What every cloud disk can be asked for. */
export interface BlockOptions {
  readonly size: number | undefined;
  readonly fsType: FileSystemType;
  readonly mkfsOptions: readonly string[];
  readonly mountOptions: readonly string[];
  readonly uid: number;
  readonly gid: number;
  readonly mode: number;
  readonly volumeType: string | undefined;
  readonly iops: number | undefined;
  /** MiB per second. */
  readonly throughput: number | undefined;
  readonly encrypted: boolean | undefined;
  readonly kmsKeyId: string | undefined;
  readonly availabilityZone: string | undefined;
  readonly tags: readonly Tag[];
  readonly reclaimPolicy: 'delete' | 'retain' | 'snapshot';
  readonly preempt: 'never' | 'dead' | 'always';
  readonly partition: number | undefined;
  readonly snapshot: string | undefined;
  readonly from: string | undefined;
  readonly volumeId: string | undefined;
  readonly readOnly: boolean;
}

/** A tag or label of the user's own. */
export interface Tag {
  readonly key: string;
  readonly value: string;
}

/** Defaults that all clouds share; what is undefined is the cloud's own default. */
export const BLOCK_DEFAULTS: BlockOptions = {
  size: undefined,
  fsType: 'ext4',
  mkfsOptions: [],
  mountOptions: [],
  uid: 0,
  gid: 0,
  mode: 0o755,
  volumeType: undefined,
  iops: undefined,
  throughput: undefined,
  encrypted: undefined,
  kmsKeyId: undefined,
  availabilityZone: undefined,
  tags: [],
  reclaimPolicy: 'delete',
  preempt: 'dead',
  partition: undefined,
  snapshot: undefined,
  from: undefined,
  volumeId: undefined,
  readOnly: false,
};

/** Why the combination makes no sense on any cloud, or undefined. */
export function checkBlockOptions(options: BlockOptions, given: GivenOptions): string | undefined {
  return checkOrigin(options, given) ?? checkFileSystem(options);
}

function checkOrigin(options: BlockOptions, given: GivenOptions): string | undefined {
  const origins = (['snapshot', 'from', 'volumeId'] as const).filter((name) => given[name] !== undefined);
  if (origins.length > 1) return `${origins.join(' and ')} exclude each other: a disk has one origin`;
  const [origin] = origins;
  if (origin === undefined) {
    if (options.size === undefined) return 'size is missing; write e.g. size=20GiB';
    if (options.readOnly) return 'readOnly needs snapshot, from or volumeId: a new disk would stay empty';
    if (options.partition !== undefined) return 'partition needs snapshot or volumeId: a new disk has none';
  }
  if (origin === 'volumeId') {
    const others = ['mkfsOptions', 'encrypted', 'kmsKeyId', 'availabilityZone', 'reclaimPolicy'];
    const other = others.find((name) => given[name] !== undefined);
    if (other !== undefined)
      return `volumeId and ${other} exclude each other: the disk is taken as it is, and never deleted`;
  }
  if (options.kmsKeyId !== undefined && options.encrypted === false)
    return 'kmsKeyId and encrypted=false exclude each other';
  return undefined;
}

function checkFileSystem({ fsType, mkfsOptions, mountOptions }: BlockOptions): string | undefined {
  const refused = refusedFileSystemOption(mountOptions, fsType);
  if (refused !== undefined)
    return `mountOptions has ${JSON.stringify(refused)}, which ${fsType} does not take`;
  return checkMkfsOptions(fsType, mkfsOptions);
}

import type { FileSystemType } from '../../../plugin/core/ports/host.ts';
import {
  absolutePathField,
  listField,
  sizeField,
  volumeNameField,
  wordField,
} from '../../../plugin/core/option-fields.ts';
import { defineOptions, type GivenOptions, type OptionSet } from '../../../plugin/core/options.ts';
import { formatFields, ownerFields, reclaimSpellings } from '../block/common-fields.ts';
import { checkMkfsOptions } from '../block/mkfs-options.ts';
import { FILE_SYSTEM_MOUNT_OPTIONS, refusedMountOption } from './mount-options.ts';

/** What a local volume is made of. */
export interface LocalOptions {
  readonly size: number | undefined;
  readonly fsType: FileSystemType;
  readonly mkfsOptions: readonly string[];
  readonly mountOptions: readonly string[];
  readonly path: string | undefined;
  readonly medium: 'disk' | 'memory';
  readonly from: string | undefined;
  readonly reclaimPolicy: 'delete' | 'retain';
  readonly uid: number;
  readonly gid: number;
  readonly mode: number;
}

/** The forms that a local volume takes. */
export type LocalKind = 'directory' | 'image' | 'path' | 'memory';

/** Which form the options ask for. */
export function kindOf(options: LocalOptions): LocalKind {
  if (options.path !== undefined) return 'path';
  if (options.medium === 'memory') return 'memory';
  return options.size === undefined ? 'directory' : 'image';
}

const MEBIBYTE = 1024 * 1024;

/** Below this mkfs refuses or leaves no room for data (measured with the tools of Debian 13). */
const SMALLEST: Readonly<Record<FileSystemType, number>> = {
  ext4: 16 * MEBIBYTE,
  xfs: 300 * MEBIBYTE,
  btrfs: 128 * MEBIBYTE,
};

/** Why the combination makes no sense, or undefined. */
function checkCombination(options: LocalOptions, given: GivenOptions): string | undefined {
  const clash = (names: readonly string[]): string | undefined =>
    names.find((name) => given[name] !== undefined);
  const kind = kindOf(options);
  if (kind === 'path') {
    const other = clash(['size', 'fsType', 'mkfsOptions', 'medium', 'from', 'uid', 'gid', 'mode']);
    if (other !== undefined) return `path and ${other} exclude each other: a host directory is used as it is`;
    if (given['reclaimPolicy'] !== undefined)
      return 'path and reclaimPolicy exclude each other: a host directory is never deleted';
  }
  if (kind === 'memory') {
    if (options.size === undefined) return 'medium=memory needs size, the most memory the volume may take';
    const other = clash(['fsType', 'mkfsOptions', 'from']);
    if (other !== undefined) return `medium=memory and ${other} exclude each other`;
    if (given['reclaimPolicy'] === 'retain')
      return 'medium=memory and reclaimPolicy=retain exclude each other: memory keeps nothing';
  }
  if (kind === 'directory' && options.from === undefined) {
    const other = clash(['fsType', 'mkfsOptions']);
    if (other !== undefined)
      return `${other} needs size: without it the volume is a directory of the host's file system`;
  }
  return kind === 'image'
    ? (checkImage(options) ?? checkMountOptions(options, kind))
    : checkMountOptions(options, kind);
}

function checkImage({ size, fsType, mkfsOptions, from }: LocalOptions): string | undefined {
  const smallest = SMALLEST[fsType];
  // A clone's size is held against its source, which may have no file system of its own at all.
  if (size !== undefined && size < smallest && from === undefined)
    return `size is too small for ${fsType}; the least is ${String(smallest / MEBIBYTE)}MiB`;
  return checkMkfsOptions(fsType, mkfsOptions);
}

function checkMountOptions(options: LocalOptions, kind: LocalKind): string | undefined {
  const refused = refusedMountOption(options.mountOptions, kind === 'image' ? options.fsType : kind);
  return refused === undefined
    ? undefined
    : `mountOptions has ${JSON.stringify(refused)}, which a volume of this kind does not take`;
}

/** The options of the local backend. The table in README.md says the same; a test holds the two together. */
export const localOptions: OptionSet<LocalOptions> = defineOptions<LocalOptions>(
  {
    size: {
      schema: sizeField,
      aliases: ['capacity', 'quota'],
      help: 'Hard cap, e.g. `10GiB` (a bare number is GiB). The volume gets a file system of its own. Without it the volume is a directory without a cap.',
      inherited: true,
      growable: true,
    },
    ...formatFields,
    mountOptions: {
      schema: listField(FILE_SYSTEM_MOUNT_OPTIONS, 'mount option'),
      aliases: ['o', 'mountopts'],
      help: 'Comma-separated mount options, e.g. `noatime,nosuid`. An allow list per file system.',
      inherited: true,
    },
    path: {
      schema: absolutePathField,
      aliases: ['mountpoint'],
      help: 'An existing host directory to use as it is, below a directory that the operator allowed (`STOWAGE_PATH_ROOTS`). Never deleted.',
    },
    medium: {
      schema: wordField(['disk', 'memory']),
      aliases: [],
      help: '`disk` (default) or `memory`: a tmpfs that lives while a container uses it; needs `size`.',
    },
    from: {
      schema: volumeNameField,
      aliases: ['parent', 'volumeName', 'volumeID'],
      help: 'Name of a local volume to clone. Nobody may be using it meanwhile.',
    },
    reclaimPolicy: {
      schema: wordField(['delete', 'retain']),
      ...reclaimSpellings,
      changeable: true,
      help: '`delete` (default) or `retain`: `docker volume rm` keeps the data, and a later create of the same name finds it again.',
    },
    ...ownerFields,
  },
  {
    defaults: {
      size: undefined,
      fsType: 'ext4',
      mkfsOptions: [],
      mountOptions: [],
      path: undefined,
      medium: 'disk',
      from: undefined,
      reclaimPolicy: 'delete',
      uid: 0,
      gid: 0,
      mode: 0o755,
    },
    check: checkCombination,
  },
);

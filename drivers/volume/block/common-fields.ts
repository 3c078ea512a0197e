import { idField, modeField, wordField } from '../../../plugin/core/option-fields.ts';
import type { OptionField, OptionFields } from '../../../plugin/core/options.ts';
import type { FileSystemType, Ownership } from '../../../plugin/core/ports/host.ts';
import { mkfsOptionsField } from './mkfs-options.ts';

/** Which file system a volume of its own device gets, and how it is made. */
export interface FormatOptions {
  readonly fsType: FileSystemType;
  readonly mkfsOptions: readonly string[];
}

/** The fields of a file system that Stowage makes, on a disk or in an image. */
export const formatFields: OptionFields<FormatOptions> = {
  fsType: {
    schema: wordField(['ext4', 'xfs', 'btrfs']),
    aliases: ['fs', 'filesystem', 'fileSystemType', 'csi.storage.k8s.io/fstype'],
    help: 'File system of a volume with a size: `ext4` (default), `xfs` or `btrfs`.',
    inherited: true,
  },
  mkfsOptions: {
    schema: mkfsOptionsField,
    aliases: ['formatOptions', 'createoptions'],
    help: 'Options for `mkfs`, e.g. `-m 0 -i 8192`. An allow list per file system; nothing that names a path or another device.',
  },
};

/** The fields of a volume's top directory. */
export const ownerFields: OptionFields<Ownership> = {
  uid: {
    schema: idField,
    aliases: [],
    help: 'Owner of the volume’s top directory when it is made. Default 0.',
    inherited: true,
  },
  gid: {
    schema: idField,
    aliases: [],
    help: 'Group of the volume’s top directory when it is made. Default 0.',
    inherited: true,
  },
  mode: {
    schema: modeField,
    aliases: ['dirMode', 'unixPermissions', 'mountPermissions'],
    help: 'Mode of the volume’s top directory when it is made, octal. Default `0755`.',
    inherited: true,
  },
};

/** How peers spell whether data outlives the volume. */
export const reclaimSpellings: Pick<OptionField<string>, 'aliases' | 'translations'> = {
  aliases: ['delete-on-remove', 'sticky'],
  translations: {
    'delete-on-remove': { true: 'delete', false: 'retain' },
    sticky: { true: 'retain', false: 'delete' },
  },
};

import type { AllowList } from '../../../plugin/core/option-fields.ts';
import type { FileSystemType } from '../../../plugin/core/ports/host.ts';

/** Flags of a single mount. None of them can take a protection away that the host's own mount has. */
export const PER_MOUNT_OPTIONS: AllowList = [/^(ro|rw|nosuid|nodev|noexec|noatime|nodiratime|relatime)$/];
const PER_FILE_SYSTEM: AllowList = [/^(strictatime|lazytime|sync|dirsync)$/];

/** What each file system takes besides: nothing that names a device, a path or another user's rights. */
export const FILE_SYSTEM_OPTIONS: Readonly<Record<FileSystemType, AllowList>> = {
  ext4: [
    ...PER_MOUNT_OPTIONS,
    ...PER_FILE_SYSTEM,
    /^(discard|nodiscard|barrier=[01]|commit=\d{1,5}|data=(ordered|writeback|journal)|errors=(continue|remount-ro))$/,
    /^(delalloc|nodelalloc|user_xattr|acl|auto_da_alloc|noauto_da_alloc|stripe=\d{1,9}|init_itable=\d{1,5}|noinit_itable)$/,
  ],
  xfs: [
    ...PER_MOUNT_OPTIONS,
    ...PER_FILE_SYSTEM,
    /^(discard|nodiscard|inode64|inode32|largeio|nolargeio|swalloc|wsync|filestreams)$/,
    /^(logbufs=[2-8]|logbsize=\d{1,6}k?|allocsize=\d{1,10}[kmg]?)$/,
  ],
  btrfs: [
    ...PER_MOUNT_OPTIONS,
    ...PER_FILE_SYSTEM,
    /^(discard(=(sync|async))?|nodiscard|autodefrag|noautodefrag|ssd|nossd|datacow|nodatacow|datasum|nodatasum|flushoncommit)$/,
    /^(compress(-force)?(=(zlib|lzo|zstd|no)(:\d{1,2})?)?|commit=\d{1,5}|space_cache=v[12]|max_inline=\d{1,6}k?)$/,
  ],
};

/** The first option that this file system does not take, or undefined. */
export function refusedFileSystemOption(
  options: readonly string[],
  type: FileSystemType,
): string | undefined {
  return options.find((option) => !FILE_SYSTEM_OPTIONS[type].some((pattern) => pattern.test(option)));
}

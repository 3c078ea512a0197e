import type { AllowList } from '../../../plugin/core/option-fields.ts';
import type { FileSystemType } from '../../../plugin/core/ports/host.ts';
import { FILE_SYSTEM_OPTIONS, PER_MOUNT_OPTIONS } from '../block/mount-options.ts';

const ALLOWED: Readonly<Record<FileSystemType | 'directory' | 'path' | 'memory', AllowList>> = {
  ...FILE_SYSTEM_OPTIONS,
  directory: PER_MOUNT_OPTIONS,
  path: PER_MOUNT_OPTIONS,
  memory: [...PER_MOUNT_OPTIONS, /^(nr_inodes=\d{1,12}[kmg]?|huge=(never|always|within_size|advise))$/],
};

/** Everything that any kind of local volume takes: the door for words that no kind takes. */
export const FILE_SYSTEM_MOUNT_OPTIONS: AllowList = Object.values(ALLOWED).flat();

/** The first option that this kind of volume does not take, or undefined. */
export function refusedMountOption(
  options: readonly string[],
  kind: keyof typeof ALLOWED,
): string | undefined {
  return options.find((option) => !ALLOWED[kind].some((pattern) => pattern.test(option)));
}

/** Flags of mount(2), see mount.h. */
export const MS = {
  RDONLY: 1,
  NOSUID: 2,
  NODEV: 4,
  NOEXEC: 8,
  SYNCHRONOUS: 16,
  REMOUNT: 32,
  DIRSYNC: 128,
  NOSYMFOLLOW: 256,
  NOATIME: 1024,
  NODIRATIME: 2048,
  BIND: 4096,
  SILENT: 32768,
  RELATIME: 1 << 21,
  STRICTATIME: 1 << 24,
  LAZYTIME: 1 << 25,
} as const;

/** What fstab's option words do to the flags: set some, clear some. */
const WORDS: Readonly<Record<string, { readonly set?: number; readonly clear?: number }>> = {
  defaults: {},
  ro: { set: MS.RDONLY },
  rw: { clear: MS.RDONLY },
  nosuid: { set: MS.NOSUID },
  suid: { clear: MS.NOSUID },
  nodev: { set: MS.NODEV },
  dev: { clear: MS.NODEV },
  noexec: { set: MS.NOEXEC },
  exec: { clear: MS.NOEXEC },
  sync: { set: MS.SYNCHRONOUS },
  async: { clear: MS.SYNCHRONOUS },
  dirsync: { set: MS.DIRSYNC },
  nosymfollow: { set: MS.NOSYMFOLLOW },
  symfollow: { clear: MS.NOSYMFOLLOW },
  noatime: { set: MS.NOATIME, clear: MS.RELATIME | MS.STRICTATIME },
  atime: { clear: MS.NOATIME },
  relatime: { set: MS.RELATIME, clear: MS.NOATIME | MS.STRICTATIME },
  norelatime: { clear: MS.RELATIME },
  strictatime: { set: MS.STRICTATIME, clear: MS.NOATIME | MS.RELATIME },
  nostrictatime: { clear: MS.STRICTATIME },
  nodiratime: { set: MS.NODIRATIME },
  diratime: { clear: MS.NODIRATIME },
  lazytime: { set: MS.LAZYTIME },
  nolazytime: { clear: MS.LAZYTIME },
  silent: { set: MS.SILENT },
  loud: { clear: MS.SILENT },
};

/** Words that only mount(8) and its kin read. */
const NOT_FOR_THE_KERNEL =
  /^(?:nofail|auto|noauto|_netdev|user|nouser|users|owner|group|comment=.*|[xX]-.*)$/;

/** Options as mount(2) wants them. */
export interface MountArguments {
  readonly flags: number;
  /** What the kernel has no flag for, for the file system to read. */
  readonly data: string | null;
}

/** Turns fstab's words into flags and data; a later word overrules an earlier one. */
export function parseMountOptions(options: readonly string[]): MountArguments {
  let flags = 0;
  const data: string[] = [];
  for (const option of options) {
    const word = Object.hasOwn(WORDS, option) ? WORDS[option] : undefined;
    if (word !== undefined) flags = (flags & ~(word.clear ?? 0)) | (word.set ?? 0);
    else if (option !== '' && !NOT_FOR_THE_KERNEL.test(option)) data.push(option);
  }
  return { flags, data: data.length === 0 ? null : data.join(',') };
}

const ATTRIBUTES: readonly (readonly [flag: number, attribute: number])[] = [
  [MS.RDONLY, 0x1],
  [MS.NOSUID, 0x2],
  [MS.NODEV, 0x4],
  [MS.NOEXEC, 0x8],
  [MS.NODIRATIME, 0x80],
  [MS.NOSYMFOLLOW, 0x200000],
];
const ATTRIBUTE_ATIME = { mask: 0x70, relatime: 0, noatime: 0x10, strictatime: 0x20 };

/** The flags that a single mount can have, as mount_setattr(2) wants them: what to set, and what to clear first. */
export function mountAttributes(flags: number): { readonly set: number; readonly clear: number } {
  let set = 0;
  for (const [flag, attribute] of ATTRIBUTES) if ((flags & flag) !== 0) set |= attribute;
  const atime = flags & (MS.NOATIME | MS.RELATIME | MS.STRICTATIME);
  if (atime === 0) return { set, clear: 0 };
  if ((atime & MS.NOATIME) !== 0) set |= ATTRIBUTE_ATIME.noatime;
  if ((atime & MS.STRICTATIME) !== 0) set |= ATTRIBUTE_ATIME.strictatime;
  return { set, clear: ATTRIBUTE_ATIME.mask };
}

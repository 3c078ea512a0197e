import type { MountEntry } from '../core/ports/host.ts';

/** A line of mountinfo with the flags that only this package needs. */
export interface MountLine extends MountEntry {
  /** ID of the mount that it is mounted on. */
  readonly parent: number;
  /** Flags of the mount itself, e.g. `rw,nosuid,relatime`. */
  readonly flags: readonly string[];
}

/** Undoes the octal escapes that the kernel writes for blanks and backslashes, e.g. `\040`. */
function unescape(text: string): string {
  return text.includes('\\')
    ? text.replace(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(parseInt(digits, 8)))
    : text;
}

function groupOf(tag: string, optional: readonly string[]): number | undefined {
  const field = optional.find((entry) => entry.startsWith(tag));
  return field === undefined ? undefined : Number(field.slice(tag.length));
}

function parseLine(line: string): MountLine | undefined {
  const fields = line.split(' ');
  const [id, parent, device, root, target, flags, ...rest] = fields;
  const separator = rest.indexOf('-');
  const [fileSystem, source] = rest.slice(separator + 1);
  if (separator === -1 || id === undefined || device === undefined || root === undefined) return undefined;
  if (target === undefined || flags === undefined || fileSystem === undefined) return undefined;
  const peerGroup = groupOf('shared:', rest.slice(0, separator));
  const masterGroup = groupOf('master:', rest.slice(0, separator));
  return {
    id: Number(id),
    parent: Number(parent),
    device,
    root: unescape(root),
    target: unescape(target),
    fileSystem: unescape(fileSystem),
    source: unescape(source ?? ''),
    flags: flags.split(','),
    ...(peerGroup === undefined ? {} : { peerGroup }),
    ...(masterGroup === undefined ? {} : { masterGroup }),
  };
}

/** Reads the text of mountinfo (proc_pid_mountinfo(5)). A line that is cut short is left out. */
export function parseMountinfo(text: string): MountLine[] {
  const lines: MountLine[] = [];
  for (const line of text.split('\n')) {
    const parsed = parseLine(line);
    if (parsed !== undefined) lines.push(parsed);
  }
  return lines;
}

/** True when `inner` is `outer` or lies below it, by whole path components. */
export function isAtOrBelow(inner: string, outer: string): boolean {
  return inner === outer || inner.startsWith(outer.endsWith('/') ? outer : `${outer}/`);
}

import { readFileSync } from 'node:fs';

/** One line of a mount table, as far as tests look at it. */
export interface MountTableLine {
  readonly device: string;
  readonly root: string;
  readonly target: string;
  /** Flags of the mount itself, e.g. `rw`, `nosuid`. */
  readonly flags: readonly string[];
  readonly fileSystem: string;
  readonly source: string;
  /** Options of the file system, e.g. `size=1024k`. */
  readonly options: readonly string[];
}

/** The mounts at or below a directory as a process sees them, in the order in which they were made. */
export function mountsBelow(pid: number | 'self', directory: string): MountTableLine[] {
  const text = readFileSync(`/proc/${String(pid)}/mountinfo`, 'utf8');
  const lines = text.split('\n').filter((line) => line !== '');
  return lines
    .map(parseLine)
    .filter(({ target }) => target === directory || target.startsWith(`${directory}/`));
}

function parseLine(line: string): MountTableLine {
  const [left = '', right = ''] = line.split(' - ');
  const [, , device = '', root = '', target = '', flags = ''] = left.split(' ').map(unescape);
  const [fileSystem = '', source = '', options = ''] = right.split(' ').map(unescape);
  return { device, root, target, flags: flags.split(','), fileSystem, source, options: options.split(',') };
}

function unescape(field: string): string {
  return field.replace(/\\([0-7]{3})/g, (_, digits: string) =>
    String.fromCodePoint(Number.parseInt(digits, 8)),
  );
}

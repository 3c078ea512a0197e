import { readdirSync, readFileSync } from 'node:fs';

/** A loop device and the file that it shows. */
export interface BoundLoop {
  /** Device node, e.g. `/dev/loop3`. */
  readonly path: string;
  readonly file: string;
}

/** The loop devices of this machine that show a file below a directory, deleted files included. */
export function loopsBelow(directory: string): BoundLoop[] {
  const names = readdirSync('/sys/block').filter((name) => /^loop\d+$/.test(name));
  return names.flatMap((name) => {
    const file = backingFile(name);
    return file?.startsWith(`${directory}/`) === true ? [{ path: `/dev/${name}`, file }] : [];
  });
}

function backingFile(name: string): string | undefined {
  try {
    return readFileSync(`/sys/block/${name}/loop/backing_file`, 'utf8').trimEnd();
  } catch {
    // Not bound, or let go of between two reads.
    return undefined;
  }
}

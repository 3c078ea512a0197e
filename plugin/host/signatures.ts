import { clip, StowageError } from '../core/errors.ts';
import { lastWords, type RunCommand } from './run-command.ts';

/** What blkid says of a device. */
export interface Signature {
  /** blkid's word for the one thing that lies on it, e.g. `ext4`; undefined when it is more than that or no one thing. */
  readonly type: string | undefined;
  /** For a person. */
  readonly description: string;
}

/** Reading a few sectors; longer means that the disk does not answer. */
const DEADLINE = 60_000;
/** blkid(8): found, nothing found (or unreadable: hence the reads of our own), several that exclude each other. */
const BLKID = { found: 0, nothing: 2, ambivalent: 8 };

/** Asks `blkid` what lies on a device; undefined when it finds nothing. E_HOST_FAILED when it failed. */
export async function probeSignature(run: RunCommand, path: string): Promise<Signature | undefined> {
  const result = await run('blkid', ['-p', '-o', 'export', path], {
    deadline: DEADLINE,
    accept: Object.values(BLKID),
  });
  if (result.exitCode === BLKID.ambivalent)
    return { type: undefined, description: 'marks of several formats' };
  if (result.exitCode === BLKID.found) return signatureFrom(result.stdout);
  if (result.stderr.trim() === '' && result.stdout.trim() === '') return undefined;
  throw new StowageError('E_HOST_FAILED', `blkid failed: ${lastWords(result)}`, {
    details: { stderr: result.stderr },
  });
}

/** The tags that `blkid -o export` lists; undefined when they say only where the device lies. Exported for its test. */
export function signatureFrom(output: string): Signature | undefined {
  const tags = new Map(
    output.split('\n').map((line) => {
      const at = line.indexOf('=');
      return [line.slice(0, at), line.slice(at + 1)];
    }),
  );
  // On a blank partition blkid tells of its place in the table.
  const own = [...tags.keys()].filter((name) => !/^(|DEVNAME|PART_ENTRY_.*)$/.test(name));
  if (own.length === 0) return undefined;
  const [type, table] = [tags.get('TYPE'), tags.get('PTTYPE')];
  const words = [type && contentWords(type, tags), table && `partition table (${table})`].filter(Boolean);
  const description = words.length === 0 ? `something with ${own.join(', ')}` : words.join(' and ');
  return { type: table === undefined ? type : undefined, description: clip(description) };
}

function contentWords(type: string, tags: ReadonlyMap<string, string>): string {
  const [usage, label] = [tags.get('USAGE'), tags.get('LABEL')];
  const kind = usage === 'filesystem' ? ' file system' : usage === undefined ? '' : ` (${usage})`;
  return `${type}${kind}${label === undefined ? '' : ` named ${clip(label, 40)}`}`;
}

/** Every mark that `wipefs` would wipe, damaged ones too, for a person; undefined when there is none. */
export async function listMarks(run: RunCommand, path: string): Promise<string | undefined> {
  // `--no-act` although it only lists: it must not ever come to wipe.
  const options = ['--no-act', '--noheadings', '--parsable', '--output', 'TYPE,OFFSET'];
  const { stdout } = await run('wipefs', [...options, path], { deadline: DEADLINE });
  const lines = stdout.split('\n').filter((line) => line.trim() !== '');
  const marks = lines.map((line) => line.replace(',', ' at '));
  return marks.length === 0 ? undefined : clip(marks.join(', '));
}

import * as z from 'zod';
import type { FileSystemType } from '../../../plugin/core/ports/host.ts';

/** No slash, quote, blank or control character: a value cannot name a path or become a second word. */
const VALUE = /^[A-Za-z0-9_=,.:^+%-]{1,200}$/;

/**
 * Letters whose value is a number, a feature list or a label. Absent on purpose are those that read a path or write
 * another device: ext4 `-d`, `-J`, `-l`; xfs `-l`, `-r`, `-d`, `-p`; btrfs `--rootdir`.
 */
const LETTERS: Readonly<Record<FileSystemType, string>> = {
  ext4: 'bCEgGiILmNOT',
  xfs: 'biLmns',
  btrfs: 'LMnsO',
};

/** Words of mkfs options, e.g. `-m 0 -Eroot_owner=1:1`. Canonical: a letter and its value joined, one blank between. */
export const mkfsOptionsField: z.ZodType<readonly string[], string> = z.codec(
  z.string(),
  z.custom<readonly string[]>(),
  {
    decode(text, context) {
      const words = joinValues(text.split(/\s+/).filter((word) => word !== ''));
      const wrong = words.find((word) => !/^-[A-Za-z]/.test(word) || !VALUE.test(word.slice(2)));
      if (wrong === undefined) return words;
      context.issues.push({
        code: 'custom',
        input: text,
        message: `has ${JSON.stringify(wrong.slice(0, 40))}, which is not an allowed mkfs option`,
      });
      return z.NEVER;
    },
    encode: (words) => words.join(' '),
  },
);

function joinValues(words: readonly string[]): string[] {
  const joined: string[] = [];
  for (const word of words) {
    const last = joined.at(-1);
    if (last !== undefined && /^-[A-Za-z]$/.test(last)) joined[joined.length - 1] = last + word;
    else joined.push(word);
  }
  return joined;
}

/** Why a file system does not take these options, or undefined. */
export function checkMkfsOptions(type: FileSystemType, words: readonly string[]): string | undefined {
  for (const word of words) {
    const letter = word.charAt(1);
    if (!LETTERS[type].includes(letter))
      return `mkfsOptions has -${letter}, which is not allowed for ${type}`;
    // An external journal or log would be another device.
    if (/journal_dev|dev=|name=|file=/.test(word))
      return `mkfsOptions has ${JSON.stringify(word)}, which names another device`;
    if (word.includes('offset='))
      return `mkfsOptions has ${JSON.stringify(word)}, which puts the file system where nobody finds it`;
  }
  return undefined;
}

import * as z from 'zod';
import { checkVolumeName } from './volume-name.ts';

const UNITS: Readonly<Record<string, number>> = { b: 0, k: 1, m: 2, g: 3, t: 4, p: 5 };
const SIZE = /^(\d{1,16})(?:\.(\d{1,3}))?\s*(?:([kmgtp])(?:i?b)?|(b))?$/i;
const LARGEST_SIZE = 2 ** 53 - 1;

/**
 * A size in bytes: `10GiB`, `10g`, `512MiB`, `1.5T`; units are powers of 1024 as everywhere in Docker. A bare number
 * is GiB, as in REX-Ray, Cloudstor and Hetzner's plugin. Canonical: whole bytes, `10737418240B`.
 */
export const sizeField: z.ZodType<number, string> = z.codec(z.string(), z.number(), {
  decode(text, context) {
    const bytes = parseSize(text);
    if (bytes !== undefined && bytes > 0 && bytes <= LARGEST_SIZE) return bytes;
    context.issues.push({
      code: 'custom',
      input: text,
      message: 'is not a size; write 10GiB, 512MiB or a number of GiB',
    });
    return z.NEVER;
  },
  encode: (bytes) => `${String(bytes)}B`,
});

function parseSize(text: string): number | undefined {
  const match = SIZE.exec(text);
  if (match === null) return undefined;
  const [, whole = '', fraction = '', unit, byteUnit] = match;
  const power = UNITS[(unit ?? byteUnit ?? 'g').toLowerCase()] ?? 0;
  return Math.round(Number(`${whole}.${fraction === '' ? '0' : fraction}`) * 1024 ** power);
}

/** A user or group number. */
export const idField: z.ZodType<number, string> = z.codec(z.string(), z.number(), {
  decode(text, context) {
    const id = /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN;
    // The kernel keeps 2^32-1 for "no change".
    if (id <= 4_294_967_294) return id;
    context.issues.push({
      code: 'custom',
      input: text,
      message: 'is not a user or group number (0 to 4294967294)',
    });
    return z.NEVER;
  },
  encode: (id) => String(id),
});

/** Permission bits in octal: `750`, `0750`, `1777`. Canonical: four digits. */
export const modeField: z.ZodType<number, string> = z.codec(z.string(), z.number(), {
  decode(text, context) {
    if (/^0?o?[0-7]{3,4}$/i.test(text)) return Number.parseInt(text.replace(/o/i, ''), 8);
    context.issues.push({
      code: 'custom',
      input: text,
      message: 'is not a mode; write octal digits such as 0750',
    });
    return z.NEVER;
  },
  encode: (mode) => mode.toString(8).padStart(4, '0'),
});

/** One of a few words, in any case. */
export function wordField<const Words extends readonly [string, ...string[]]>(
  words: Words,
): z.ZodType<Words[number], string> {
  return z.codec(z.string(), z.enum(words), {
    decode(text, context) {
      const word = words.find((candidate) => candidate.toLowerCase() === text.toLowerCase());
      if (word !== undefined) return word;
      context.issues.push({ code: 'custom', input: text, message: `is not one of ${words.join(', ')}` });
      return z.NEVER;
    },
    encode: (word) => word,
  });
}

/** The name of another volume. */
export const volumeNameField: z.ZodType<string, string> = z.string().refine(
  (name) => {
    try {
      checkVolumeName(name);
      return true;
    } catch {
      return false;
    }
  },
  { error: 'is not a volume name' },
);

/** An absolute path without `.`, `..`, empty or control parts. Canonical: no slash at the end. */
export const absolutePathField: z.ZodType<string, string> = z.codec(z.string(), z.string(), {
  decode(text, context) {
    const path = text.replace(/\/+$/, '');
    const parts = path.split('/').slice(1);
    const clean =
      path.startsWith('/') &&
      path.length <= 4096 &&
      parts.every((part) => part !== '' && part !== '.' && part !== '..');
    if (clean && !/[\u0000-\u001f\u007f]/.test(path)) return path;
    context.issues.push({
      code: 'custom',
      input: text,
      message: 'is not an absolute path free of ".", ".." and empty parts',
    });
    return z.NEVER;
  },
  encode: (path) => path,
});

/** What a list field lets through: the words of one kind of list, each with what it may look like. */
export type AllowList = readonly RegExp[];

/** Comma-separated words, each of which must match the allow list. Canonical: trimmed, in the given order. */
export function listField(allowed: AllowList, noun: string): z.ZodType<readonly string[], string> {
  return z.codec(z.string(), z.custom<readonly string[]>(), {
    decode(text, context) {
      const words = text
        .split(',')
        .map((word) => word.trim())
        .filter((word) => word !== '');
      const refused = words.find((word) => !allowed.some((pattern) => pattern.test(word)));
      if (refused === undefined) return words;
      context.issues.push({
        code: 'custom',
        input: text,
        message: `has ${JSON.stringify(refused.slice(0, 40))}, which is not an allowed ${noun}`,
      });
      return z.NEVER;
    },
    encode: (words) => words.join(','),
  });
}

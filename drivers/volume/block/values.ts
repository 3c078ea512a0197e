import * as z from 'zod';
import type { Tag } from './options.ts';

/** `true` or `false`, also as peers write it. */
export const booleanField: z.ZodType<boolean, string> = z.codec(z.string(), z.boolean(), {
  decode(text, context) {
    if (/^(true|yes|1)$/i.test(text)) return true;
    if (/^(false|no|0)$/i.test(text)) return false;
    context.issues.push({ code: 'custom', input: text, message: 'is not true or false' });
    return z.NEVER;
  },
  encode: (value) => String(value),
});

/** A whole number above zero. */
export const countField: z.ZodType<number, string> = z.codec(z.string(), z.number(), {
  decode(text, context) {
    const count = /^\d{1,9}$/.test(text) ? Number(text) : 0;
    if (count > 0) return count;
    context.issues.push({ code: 'custom', input: text, message: 'is not a whole number above 0' });
    return z.NEVER;
  },
  encode: (count) => String(count),
});

/** A name or identifier of the cloud's. */
export function identifierField(pattern: RegExp, what: string): z.ZodType<string, string> {
  return z.string().regex(pattern, { error: `is not ${what}` });
}

/** `key=value,key=value`. */
export const tagsField: z.ZodType<readonly Tag[], string> = z.codec(z.string(), z.custom<readonly Tag[]>(), {
  decode(text, context) {
    const words = text
      .split(',')
      .map((word) => word.trim())
      .filter((word) => word !== '');
    const tags = words.map((word) => {
      const at = word.indexOf('=');
      return { key: word.slice(0, Math.max(at, 0)), value: word.slice(at + 1) };
    });
    const wrong = tags.findIndex(
      ({ key, value }) =>
        key === '' || key.length > 128 || value.length > 256 || /[\u0000-\u001f\u007f]/.test(key + value),
    );
    if (wrong < 0) return tags;
    context.issues.push({
      code: 'custom',
      input: text,
      message: `has ${JSON.stringify(words[wrong]?.slice(0, 40))}, which is not key=value`,
    });
    return z.NEVER;
  },
  encode: (tags) => tags.map(({ key, value }) => `${key}=${value}`).join(','),
});

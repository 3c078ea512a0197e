import * as z from 'zod';

// Names and IDs are bounded here and understood by the core. The engine limits neither (protocol.md, section 2, "Name rules").
const name = z.string().max(65_536);
const mountId = z.string().min(1, 'must not be empty').max(256);
// Each option that no backend has is compared with all that there are, so their number is bounded before all else.
const MOST_OPTIONS = 100;
const fewOptions = z
  .unknown()
  .refine((value) => Object.keys(Object(value)).length <= MOST_OPTIONS, {
    error: `has more than ${String(MOST_OPTIONS)} options`,
    abort: true,
  })
  // zod leaves this key out of a record without a word.
  .refine((value) => !Object.hasOwn(Object(value), '__proto__'), { error: '"__proto__" is not an option' });
const optionMap = z
  .record(z.string().max(1_024), z.string().max(65_536))
  .nullish()
  .transform((value) => value ?? {});
const options = fewOptions.optional().pipe(optionMap);

/** `{"Name": …}` */
export const namedRequest = z.object({ Name: name });

/** `Opts` is null when the volume was made by `docker run -v` or is anonymous. */
export const createRequest = z.object({ Name: name, Opts: options });

/** Mount and Unmount. */
export const mountRequest = z.object({ Name: name, ID: mountId });

/** Capabilities, List and Activate carry nothing that matters. */
export const emptyRequest = z.unknown();

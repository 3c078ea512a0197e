import { z } from 'zod';

const place = { nesting: z.int().min(0), name: z.string() };

/** One line of the reporter's file. */
export const testRecord = z.discriminatedUnion('type', [
  // Begun is sent when a test runs, start only when its turn to be reported has come.
  z.strictObject({ type: z.literal('begun'), ...place }),
  z.strictObject({ type: z.literal('start'), ...place }),
  z.strictObject({
    type: z.literal('result'),
    ...place,
    suite: z.boolean(),
    passed: z.boolean(),
    skipped: z.boolean(),
    todo: z.boolean(),
    failureType: z.string().optional(),
    error: z.string().optional(),
  }),
  z.strictObject({ type: z.literal('end') }),
]);

/** One line of the reporter's file. */
export type TestRecord = z.infer<typeof testRecord>;

/** The records a reporter wrote; a last line that a killed process left half-written is dropped. */
export function parseRecords(text: string): TestRecord[] {
  const whole = text.slice(0, text.lastIndexOf('\n') + 1);
  const lines = whole.split('\n').filter((line) => line !== '');
  return lines.map((line) => testRecord.parse(JSON.parse(line)));
}

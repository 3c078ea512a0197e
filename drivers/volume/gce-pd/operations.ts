import * as z from 'zod';
import { StowageError } from '../../../plugin/core/errors.ts';
import type { Clock } from '../../../plugin/core/ports/host.ts';
import { pause } from '../block/pause.ts';
import { translateFault } from './errors.ts';
import { lastOf } from './names.ts';

/** A cloud that does not answer is asked again after this; what was begun goes on behind it. */
const AGAIN_MS = 2_000;

/** The SDK has `null`, and older ones an empty text, for what is absent. */
const text = z.string().nullish();

/** What GCE says of work that it has accepted, as far as it matters here. */
export const operationSchema = z
  .object({
    name: z.string(),
    zone: text,
    status: text,
    error: z.object({ errors: z.array(z.object({ code: text, message: text })).nullish() }).nullish(),
  })
  .transform(({ name, zone, status, error }) => ({
    name,
    /** Undefined for work on what lies in no zone. */
    zone: zone === undefined || zone === null || zone === '' ? undefined : lastOf(zone),
    isDone: status === 'DONE',
    fault: error?.errors?.[0],
  }));

/** Work that GCE has accepted. */
export type Operation = z.output<typeof operationSchema>;

/** How an operation is followed to its end. */
export interface OperationWait {
  /** For errors: `disks.insert`. */
  readonly method: string;
  readonly limitMs: number;
  readonly clock: Clock;
  /** Asks once, and is answered when the operation is over or some time has gone by. */
  readonly ask: (operation: Operation) => Promise<Operation>;
}

/**
 * True when the work is done, false when it is still under way after the limit. Throws what the operation failed with:
 * GCE accepts, and says only there that a quota is used up, or that another machine has the disk. Nothing else ever would.
 */
export async function ended(operation: Operation, wait: OperationWait): Promise<boolean> {
  const begunAt = wait.clock.now();
  for (let now = operation; ;) {
    if (now.fault !== undefined) {
      const { code, message } = now.fault;
      throw translateFault({ code: code ?? '', message: message ?? '' }, wait.method);
    }
    if (now.isDone) return true;
    if (Math.abs(wait.clock.now() - begunAt) > wait.limitMs) return false;
    now = (await asked(now, wait)) ?? now;
  }
}

/** Undefined when the cloud does not answer. */
async function asked(operation: Operation, { ask, clock }: OperationWait): Promise<Operation | undefined> {
  try {
    return await ask(operation);
  } catch (thrown) {
    if (!(thrown instanceof StowageError) || thrown.code !== 'E_CLOUD_UNAVAILABLE') throw thrown;
    await pause(clock, AGAIN_MS);
    return undefined;
  }
}

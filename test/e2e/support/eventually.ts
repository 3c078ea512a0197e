import { setTimeout as delay } from 'node:timers/promises';

/** How long a busy machine may take for what normally takes a second. */
const DEFAULT_DEADLINE_MS = 60_000;

/**
 * Waits for a state that nothing announces: asks until the answer is something other than undefined.
 *
 * @param what is waited for, for the message
 * @param probe undefined means not yet; what it throws counts as not yet and is told at the deadline
 * @throws Error naming what was waited for
 */
export async function eventually<Result>(
  what: string,
  probe: () => Promise<Result | undefined> | Result | undefined,
  deadlineMs = DEFAULT_DEADLINE_MS,
): Promise<Result> {
  const deadline = performance.now() + deadlineMs;
  for (;;) {
    let cause: unknown;
    try {
      const result = await probe();
      if (result !== undefined) return result;
    } catch (error) {
      cause = error;
    }
    if (performance.now() > deadline) {
      throw new Error(`Not within ${String(deadlineMs / 1000)} s: ${what}`, { cause });
    }
    await delay(100);
  }
}

import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Repeats a check until it no longer throws: for effects of the kernel that send no event (a loop device let go of, a
 * process in a new namespace). The last failure is thrown when the time is over.
 */
export async function eventually<Result>(
  check: () => Result | Promise<Result>,
  milliseconds = 15_000,
): Promise<Result> {
  const end = Date.now() + milliseconds;
  for (;;) {
    try {
      return await check();
    } catch (failure) {
      if (Date.now() >= end) throw failure;
    }
    await sleep(20);
  }
}

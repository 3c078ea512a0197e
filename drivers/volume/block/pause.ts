import type { Clock } from '../../../plugin/core/ports/host.ts';

/** Resolves after this time. */
export async function pause(clock: Clock, milliseconds: number): Promise<void> {
  await new Promise<void>((resolve) => {
    clock.after(milliseconds, resolve);
  });
}

import { StowageError } from '../../../plugin/core/errors.ts';
import type { Clock } from '../../../plugin/core/ports/host.ts';
import { pause } from '../block/pause.ts';

/** Google's advice: exponential, with jitter. Together some seconds; who wants more repeats the whole. */
const ATTEMPTS = 5;
const FIRST_PAUSE_MS = 250;
const FACTOR = 2;

/**
 * Repeats a call that was not answered, or that GCE is not ready for. The SDK's own repeating goes on for ten minutes, and
 * leaves out all calls that change something; ours carry a request ID, so that twice is once.
 */
export async function repeated<Result>(clock: Clock, call: () => Promise<Result>): Promise<Result> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await call();
    } catch (thrown) {
      const again = thrown instanceof StowageError && thrown.code === 'E_CLOUD_UNAVAILABLE';
      if (!again || attempt === ATTEMPTS) throw thrown;
    }
    await pause(clock, FIRST_PAUSE_MS * FACTOR ** (attempt - 1) * (0.5 + Math.random()));
  }
}

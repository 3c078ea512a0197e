import type { Clock } from '../../plugin/core/ports/host.ts';

/** A clock that runs so many times faster, for what waits for a stand-in whose times are as much shorter. */
export function fastClock(factor: number): Clock {
  const start = Date.now();
  return {
    now: () => start + (Date.now() - start) * factor,
    after(milliseconds, callback) {
      const timer = setTimeout(callback, milliseconds / factor).unref();
      return () => clearTimeout(timer);
    },
  };
}

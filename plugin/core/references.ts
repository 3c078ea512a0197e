import type { Reference } from './ports/state-store.ts';

/** Who claims a mounted volume: mount ID → how often. */
export type References = ReadonlyMap<string, Reference>;

/** Nobody. */
export const NO_REFERENCES: References = new Map();

/**
 * Counts one more claim. The engine sends one ID twice for `docker cp` on a running container, and again after it was
 * killed (protocol.md, section 2, "Call sequences" and "Restarts").
 */
export function addReference(references: References, mountId: string, now: number): References {
  return new Map(references).set(mountId, { count: (references.get(mountId)?.count ?? 0) + 1, since: now });
}

/** Takes one claim back. An unknown ID changes nothing. */
export function dropReference(references: References, mountId: string): References {
  const present = references.get(mountId);
  if (present === undefined) return references;
  const next = new Map(references);
  if (present.count > 1) next.set(mountId, { ...present, count: present.count - 1 });
  else next.delete(mountId);
  return next;
}

/** The same claims, none of them later than a moment: a clock that was set back leaves some in the future. */
export function noLaterThan(references: References, moment: number): References {
  return new Map(
    [...references].map(([id, { count, since }]) => [id, { count, since: Math.min(since, moment) }]),
  );
}

/** True when a claim is later than a moment. */
export function hasLaterThan(references: References, moment: number): boolean {
  return [...references.values()].some(({ since }) => since > moment);
}

/** The claims last made at or after a moment. */
export function referencesSince(references: References, moment: number): References {
  return new Map([...references].filter(([, reference]) => reference.since >= moment));
}

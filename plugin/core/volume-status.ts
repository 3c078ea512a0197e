import { formatBytes } from './option-sizes.ts';
import type { StoredVolume } from './ports/state-store.ts';
import type { DriverStatus, Usage } from './ports/volume-driver.ts';

/** A duration for people, in its largest unit: `3 days`, `1 hour`, `5 seconds`. */
export function formatAge(milliseconds: number): string {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000));
  const scales: [number, string][] = [
    [86_400, 'day'],
    [3_600, 'hour'],
    [60, 'minute'],
    [1, 'second'],
  ];
  const [length, noun] = scales.find(([scale]) => seconds >= scale) ?? [1, 'second'];
  const count = Math.floor(seconds / length);
  return `${String(count)} ${noun}${count === 1 ? '' : 's'}`;
}

/** What `docker volume inspect` shows under Status: flat strings, no secrets. */
export function volumeStatus(
  stored: StoredVolume,
  facts: DriverStatus,
  usage: Usage | undefined,
  now: number,
): DriverStatus {
  return {
    backend: stored.backend,
    reclaimPolicy: stored.options['reclaimPolicy'] ?? 'delete',
    ...facts,
    ...(usage === undefined ? {} : { used: formatBytes(usage.usedBytes) }),
    ...(usage?.sizeBytes === undefined ? {} : { usable: formatBytes(usage.sizeBytes) }),
    mountIds: String(stored.references.size),
    age: formatAge(now - stored.createdAt),
  };
}

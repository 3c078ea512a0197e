import type { StoredVolume } from './ports/state-store.ts';
import type { DriverStatus, Usage } from './ports/volume-driver.ts';

const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'];

/** Bytes for people: `10GiB`, `1.5MiB`. */
export function formatBytes(bytes: number): string {
  let value = bytes;
  let unit = 0;
  // Half a tenth below the next unit already rounds up to it.
  while (value >= 1023.95 && unit < UNITS.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${String(Math.round(value * 10) / 10)}${UNITS[unit] ?? 'B'}`;
}

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

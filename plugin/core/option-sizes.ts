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

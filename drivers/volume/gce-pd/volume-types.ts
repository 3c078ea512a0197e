import type { BlockOptions } from '../block/options.ts';

/** Every type of disk that follows its machine: Persistent Disk and Hyperdisk. */
export const VOLUME_TYPES = [
  'pd-balanced',
  'pd-standard',
  'pd-ssd',
  'pd-extreme',
  'hyperdisk-balanced',
  'hyperdisk-balanced-high-availability',
  'hyperdisk-extreme',
  'hyperdisk-throughput',
  'hyperdisk-ml',
] as const satisfies [string, ...string[]];

/** A type of disk. */
export type VolumeType = (typeof VOLUME_TYPES)[number];

/** What Stowage asks for when nothing is said: GCE's own default, pd-standard, is a spinning disk. */
const DEFAULT_VOLUME_TYPE: VolumeType = 'pd-balanced';

/** The least and the most of something. */
type Range = readonly [number, number];

/** What may be chosen of a disk of so many GiB (undefined: not known yet). */
type RangeOf = (gibibytes: number | undefined) => Range;

/** Limits of a type (Google: "Persistent Disk" and "About Hyperdisk" in the Compute Engine documentation). */
interface TypeLimits {
  readonly gibibytes: Range;
  readonly iops?: RangeOf;
  /** MiB/s. */
  readonly throughput?: RangeOf;
  /** MiB/s for each I/O operation per second, least and most, and what is had for nothing. */
  readonly perIops?: { readonly least: number; readonly most: number; readonly free: number };
}

const GIBIBYTE = 1024 ** 3;
const TEBI = 1024;

/** Google documents 10 GiB and accepts 1 GiB. */
const PERSISTENT: TypeLimits = { gibibytes: [1, 65_536] };

const PER_IOPS = { least: 1 / 256, most: 1 / 4, free: 140 };

const LIMITS: Readonly<Record<VolumeType, TypeLimits>> = {
  'pd-standard': PERSISTENT,
  'pd-balanced': PERSISTENT,
  'pd-ssd': PERSISTENT,
  'pd-extreme': { gibibytes: [500, 65_536], iops: () => [10_000, 120_000] },
  'hyperdisk-balanced': {
    gibibytes: [4, 65_536],
    iops: (gib) => within([2_000, 160_000], gib, [500, 500], 3_000),
    throughput: () => [140, 2_400],
    perIops: PER_IOPS,
  },
  'hyperdisk-balanced-high-availability': {
    gibibytes: [4, 65_536],
    iops: (gib) => within([2_000, 100_000], gib, [500, 500], 3_000),
    throughput: () => [140, 1_200],
    perIops: PER_IOPS,
  },
  'hyperdisk-extreme': {
    gibibytes: [64, 65_536],
    iops: (gib) => within([2, 350_000], gib, [2, 1_000], Infinity),
  },
  'hyperdisk-throughput': {
    gibibytes: [2_048, 32_768],
    throughput: (gib) => within([20, 2_400], gib, [10 / TEBI, 90 / TEBI], Infinity),
  },
  'hyperdisk-ml': {
    gibibytes: [4, 65_536],
    throughput: (gib) => within([400, 1_200_000], gib, [0.12, 1_600], Infinity),
  },
};

/** The type that options ask for. */
export function volumeTypeOf({ volumeType }: BlockOptions): VolumeType {
  return VOLUME_TYPES.find((type) => type === volumeType) ?? DEFAULT_VOLUME_TYPE;
}

/** Whole GiB that GCE counts in, never less than asked for. */
export function gibibytes(bytes: number): number {
  return Math.ceil(bytes / GIBIBYTE);
}

/** Bytes of so many GiB. */
export function bytesOf(count: number): number {
  return count * GIBIBYTE;
}

/** Why GCE would refuse size, IOPS and throughput of this type, or undefined. Before the disk exists, so at no cost. */
export function checkVolumeShape(options: BlockOptions): string | undefined {
  // An adopted disk brings a type and a size of its own that only GCE knows.
  if (options.volumeId !== undefined) return undefined;
  const type = volumeTypeOf(options);
  const limits = LIMITS[type];
  const size = options.size === undefined ? undefined : gibibytes(options.size);
  if (size !== undefined && !isIn(limits.gibibytes, size))
    return `a ${type} disk has ${words(limits.gibibytes)} GiB, not ${String(size)}`;
  return (
    checkChoice(type, 'iops', limits.iops, options.iops, size) ??
    checkChoice(type, 'throughput', limits.throughput, options.throughput, size) ??
    checkTogether(type, limits, options)
  );
}

function checkChoice(
  type: VolumeType,
  what: 'iops' | 'throughput',
  rangeOf: RangeOf | undefined,
  wanted: number | undefined,
  size: number | undefined,
): string | undefined {
  if (wanted === undefined) return undefined;
  if (rangeOf === undefined) return `a ${type} disk has no ${what} to choose`;
  const range = rangeOf(size);
  if (isIn(range, wanted)) return undefined;
  const which = size === undefined ? '' : ` of ${String(size)} GiB`;
  const unit = what === 'iops' ? 'iops' : 'MiB/s';
  return `a ${type} disk${which} has ${words(range)} ${unit}, not ${String(wanted)}`;
}

function checkTogether(
  type: VolumeType,
  { perIops }: TypeLimits,
  { iops, throughput }: BlockOptions,
): string | undefined {
  if (perIops === undefined || iops === undefined || throughput === undefined) return undefined;
  const range: Range = [
    Math.max(perIops.free, Math.floor(iops * perIops.least)),
    Math.max(perIops.free, Math.floor(iops * perIops.most)),
  ];
  if (isIn(range, throughput)) return undefined;
  return `a ${type} disk of ${String(iops)} iops has ${words(range)} MiB/s, not ${String(throughput)}`;
}

/** The range of the type, narrowed by what each GiB brings: `[least, most]`, but `free` has every disk. */
function within([least, most]: Range, gib: number | undefined, perGib: Range, free: number): Range {
  if (gib === undefined) return [least, most];
  const upper = Math.min(most, Math.max(least, Math.floor(gib * perGib[1])));
  const lower = Math.min(free, Math.max(least, Math.floor(gib * perGib[0])));
  return [Math.min(lower, upper), upper];
}

function isIn([least, most]: Range, value: number): boolean {
  return value >= least && value <= most;
}

function words([least, most]: Range): string {
  return `${String(least)} to ${String(most)}`;
}

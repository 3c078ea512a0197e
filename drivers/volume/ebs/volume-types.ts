import type { BlockOptions } from '../block/options.ts';

/** Every type of EBS volume. */
export const VOLUME_TYPES = ['gp3', 'gp2', 'io2', 'io1', 'st1', 'sc1', 'standard'] as const satisfies [
  string,
  ...string[],
];

/** A type of EBS volume. */
type VolumeType = (typeof VOLUME_TYPES)[number];

/** What Stowage asks for when nothing is said: cheaper and faster than EC2's own default, gp2. */
const DEFAULT_VOLUME_TYPE: VolumeType = 'gp3';

/** Limits of a type (AWS: EBS user guide, "Amazon EBS volume types"). */
interface TypeLimits {
  /** GiB, least and most. */
  readonly gibibytes: readonly [number, number];
  readonly iops?: {
    readonly range: readonly [number, number];
    readonly perGib: number;
    readonly free: number;
  };
  /** MiB/s, and MiB/s for each I/O operation per second. */
  readonly throughput?: { readonly range: readonly [number, number]; readonly perIops: number };
}

const LIMITS: Readonly<Record<VolumeType, TypeLimits>> = {
  gp3: {
    gibibytes: [1, 65_536],
    iops: { range: [3_000, 80_000], perGib: 500, free: 3_000 },
    throughput: { range: [125, 2_000], perIops: 0.25 },
  },
  gp2: { gibibytes: [1, 16_384] },
  io2: { gibibytes: [4, 65_536], iops: { range: [100, 256_000], perGib: 1_000, free: 0 } },
  io1: { gibibytes: [4, 16_384], iops: { range: [100, 64_000], perGib: 50, free: 0 } },
  st1: { gibibytes: [125, 16_384] },
  sc1: { gibibytes: [125, 16_384] },
  standard: { gibibytes: [1, 1_024] },
};

const GIBIBYTE = 1024 ** 3;

/** The type that options ask for. */
export function volumeTypeOf({ volumeType }: BlockOptions): VolumeType {
  return VOLUME_TYPES.find((type) => type === volumeType) ?? DEFAULT_VOLUME_TYPE;
}

/** Whole GiB that EC2 counts in, never less than asked for. */
export function gibibytes(bytes: number): number {
  return Math.ceil(bytes / GIBIBYTE);
}

/** Bytes of so many GiB. */
export function bytesOf(count: number): number {
  return count * GIBIBYTE;
}

/** Which types several instances may attach at once. */
export function isSharable(type: string | undefined): boolean {
  return type === 'io1' || type === 'io2';
}

/** Why EC2 would refuse size, IOPS and throughput of this type, or undefined. Before the disk exists, so at no cost. */
export function checkVolumeShape(options: BlockOptions): string | undefined {
  // A restored or adopted disk brings a type and a size of its own that only EC2 knows.
  if (options.volumeId !== undefined) return undefined;
  const type = volumeTypeOf(options);
  const limits = LIMITS[type];
  const size = options.size === undefined ? undefined : gibibytes(options.size);
  if (size !== undefined && (size < limits.gibibytes[0] || size > limits.gibibytes[1]))
    return `a ${type} volume has ${range(limits.gibibytes)} GiB, not ${String(size)}`;
  return checkIops(type, limits, options.iops, size) ?? checkThroughput(type, limits, options);
}

function checkIops(
  type: VolumeType,
  { iops: limits }: TypeLimits,
  iops: number | undefined,
  size: number | undefined,
): string | undefined {
  if (limits === undefined) return iops === undefined ? undefined : `a ${type} volume has no iops to choose`;
  if (iops === undefined) return limits.free > 0 ? undefined : `a ${type} volume needs iops`;
  if (iops < limits.range[0] || iops > limits.range[1])
    return `a ${type} volume has ${range(limits.range)} iops, not ${String(iops)}`;
  if (size !== undefined && iops > limits.free && iops > size * limits.perGib)
    return `a ${type} volume of ${String(size)} GiB has at most ${String(Math.max(limits.free, size * limits.perGib))} iops (${String(limits.perGib)} for each GiB)`;
  return undefined;
}

function checkThroughput(
  type: VolumeType,
  { throughput: limits, iops: iopsLimits }: TypeLimits,
  { throughput, iops }: BlockOptions,
): string | undefined {
  if (throughput === undefined) return undefined;
  if (limits === undefined) return `a ${type} volume has no throughput to choose`;
  if (throughput < limits.range[0] || throughput > limits.range[1])
    return `a ${type} volume has ${range(limits.range)} MiB/s, not ${String(throughput)}`;
  const operations = iops ?? iopsLimits?.free ?? 0;
  const most = operations * limits.perIops;
  if (throughput <= most) return undefined;
  return `throughput=${String(throughput)} needs iops=${String(Math.ceil(throughput / limits.perIops))} or more: ${String(limits.perIops)} MiB/s for each`;
}

function range([least, most]: readonly [number, number]): string {
  return `${String(least)} to ${String(most)}`;
}

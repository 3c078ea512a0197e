import { GceError, invalid } from './error.ts';
import type { AccessMode } from './model.ts';

/** What of the performance of a disk can be asked for. */
export interface PerformanceRange {
  /** Least and most for a disk of so many GB (and, for throughput, of so many IOPS). */
  readonly limits: (sizeGb: number, iops: number) => readonly [number, number];
  readonly usual: (sizeGb: number, iops: number) => number;
}

/** What is known of a type of disk. Figures from Google's documentation of persistent disks and hyperdisks. */
export interface DiskType {
  readonly defaultGb: number;
  readonly leastGb: number;
  readonly mostGb: number;
  readonly iops?: PerformanceRange;
  /** In MiB/s. */
  readonly throughput?: PerformanceRange;
  readonly accessModes: readonly AccessMode[];
}

const SINGLE: readonly AccessMode[] = ['READ_WRITE_SINGLE'];
const SHARED: readonly AccessMode[] = ['READ_WRITE_SINGLE', 'READ_WRITE_MANY'];

/** Documented from 10 GB on, accepted from 1 GB on: the CSI driver makes such disks. */
const persistent = (defaultGb: number): DiskType => ({
  defaultGb,
  leastGb: 1,
  mostGb: 65_536,
  accessModes: SINGLE,
});

const clamp = (value: number, least: number, most: number): number =>
  Math.min(Math.max(Math.floor(value), least), most);

const balanced = (most: number, mostThroughput: number): Partial<DiskType> => ({
  iops: {
    limits: (gb) => [clamp(500 * gb, 2_000, 3_000), clamp(500 * gb, 2_000, most)],
    usual: (gb) => clamp(Math.min(3_000 + 6 * gb, 500 * gb), 2_000, most),
  },
  throughput: {
    limits: (_, iops) => [clamp(iops / 256, 140, mostThroughput), clamp(iops / 4, 140, mostThroughput)],
    usual: (_, iops) => clamp(iops / 4, 140, 290),
  },
});

/** Types by name. */
export const DISK_TYPES: Readonly<Record<string, DiskType>> = {
  'pd-standard': persistent(500),
  'pd-balanced': persistent(100),
  'pd-ssd': persistent(100),
  'pd-extreme': {
    ...persistent(1_000),
    leastGb: 500,
    iops: { limits: () => [10_000, 120_000], usual: () => 100_000 },
  },
  'hyperdisk-balanced': {
    defaultGb: 100,
    leastGb: 4,
    mostGb: 65_536,
    ...balanced(160_000, 2_400),
    accessModes: SHARED,
  },
  'hyperdisk-balanced-high-availability': {
    defaultGb: 100,
    leastGb: 4,
    mostGb: 65_536,
    ...balanced(100_000, 1_200),
    accessModes: SHARED,
  },
  'hyperdisk-throughput': {
    defaultGb: 2_048,
    leastGb: 2_048,
    mostGb: 32_768,
    throughput: {
      limits: (gb) => [clamp((gb / 1_024) * 10, 20, 2_400), clamp((gb / 1_024) * 90, 20, 2_400)],
      usual: (gb) => clamp((gb / 1_024) * 90, 20, 2_400),
    },
    accessModes: SINGLE,
  },
  'hyperdisk-extreme': {
    defaultGb: 1_000,
    leastGb: 64,
    mostGb: 65_536,
    iops: {
      limits: (gb) => [2 * gb, clamp(1_000 * gb, 0, 350_000)],
      usual: (gb) => clamp(100 * gb, 0, 350_000),
    },
    accessModes: SINGLE,
  },
  'hyperdisk-ml': {
    defaultGb: 100,
    leastGb: 4,
    mostGb: 65_536,
    throughput: {
      limits: (gb) => [clamp(0.12 * gb, 400, 1_200_000), clamp(1_600 * gb, 400, 1_200_000)],
      usual: (gb) => clamp(24 * gb, 400, 1_200_000),
    },
    accessModes: ['READ_WRITE_SINGLE', 'READ_ONLY_MANY'],
  },
};

/** @throws GceError when it is too small or too large for its type */
export function checkSize(typeName: string, sizeGb: number): void {
  const { leastGb, mostGb } = typeOf(typeName);
  if (sizeGb < leastGb) {
    const words = `Disk size cannot be smaller than ${String(leastGb)} GB for disk type ${typeName}.`;
    throw invalid('resource.sizeGb', sizeGb, words);
  }
  if (sizeGb > mostGb) {
    const words = `Disk size cannot be greater than ${String(mostGb)} GB for disk type ${typeName}.`;
    throw invalid('resource.sizeGb', sizeGb, words);
  }
}

/** What a disk gets; what was not asked for is as usual. @throws GceError when it cannot have what was asked for */
export function performanceOf(
  typeName: string,
  sizeGb: number,
  asked: { readonly iops: number | undefined; readonly throughput: number | undefined },
): { iops: number | undefined; throughput: number | undefined } {
  const type = typeOf(typeName);
  const iops = pick('provisionedIops', typeName, type.iops, asked.iops, sizeGb, 0);
  const throughput = pick(
    'provisionedThroughput',
    typeName,
    type.throughput,
    asked.throughput,
    sizeGb,
    iops ?? 0,
  );
  return { iops, throughput };
}

function pick(
  field: string,
  typeName: string,
  range: PerformanceRange | undefined,
  asked: number | undefined,
  sizeGb: number,
  iops: number,
): number | undefined {
  if (range === undefined) {
    if (asked === undefined) return undefined;
    throw invalid(`resource.${field}`, asked, `It cannot be specified with disk type ${typeName}.`);
  }
  if (asked === undefined) return range.usual(sizeGb, iops);
  const [least, most] = range.limits(sizeGb, iops);
  if (asked >= least && asked <= most) return asked;
  const why = `Value must be between ${String(least)} and ${String(most)}.`;
  throw invalid(`resource.${field}`, asked, why);
}

/** @throws GceError for an access mode that the type cannot have */
export function checkAccessMode(typeName: string, mode: AccessMode): void {
  if (typeOf(typeName).accessModes.includes(mode)) return;
  throw invalid('resource.accessMode', mode, `Access mode is not supported for disk type ${typeName}.`);
}

function typeOf(name: string): DiskType {
  const type = DISK_TYPES[name];
  if (type === undefined) throw new GceError(404, 'notFound', `The disk type '${name}' was not found`);
  return type;
}

import { refusal } from './error.ts';
import type { VolumeShape, VolumeType } from './model.ts';

/** What AWS allows of a kind of volume (CreateVolume, API reference; EBS user guide, "volume types"). */
interface TypeRules {
  readonly gib: readonly [number, number];
  readonly iops?: {
    readonly range: readonly [number, number];
    readonly perGib: number;
    readonly preset?: number;
  };
  readonly throughput?: { readonly range: readonly [number, number]; readonly perIops: number };
  readonly multiAttach?: true;
}

const RULES: Record<VolumeType, TypeRules> = {
  gp2: { gib: [1, 16_384] },
  gp3: {
    gib: [1, 65_536],
    iops: { range: [3_000, 80_000], perGib: 500, preset: 3_000 },
    throughput: { range: [125, 2_000], perIops: 0.25 },
  },
  io1: { gib: [4, 16_384], iops: { range: [100, 64_000], perGib: 50 }, multiAttach: true },
  io2: { gib: [4, 65_536], iops: { range: [100, 256_000], perGib: 1_000 }, multiAttach: true },
  st1: { gib: [125, 16_384] },
  sc1: { gib: [125, 16_384] },
  standard: { gib: [1, 1_024] },
};

/** What a request asks for. */
export interface AskedShape {
  readonly VolumeType?: string | undefined;
  readonly Iops?: number | undefined;
  readonly Throughput?: number | undefined;
  readonly MultiAttachEnabled?: boolean | undefined;
}

/**
 * The volume that is asked for, with what AWS fills in.
 *
 * @throws Ec2Error for what AWS refuses
 */
export function shapeOf(asked: AskedShape, sizeGib: number): VolumeShape {
  const type = typeOf(asked.VolumeType ?? 'gp2');
  const rules = RULES[type];
  checkRange(`Volume of ${String(sizeGib)}GiB`, sizeGib, rules.gib, 'GiB', ['small', 'large']);
  const iops = iopsOf(type, asked.Iops, sizeGib);
  const throughput = throughputOf(type, asked.Throughput, iops);
  if (asked.MultiAttachEnabled === true && rules.multiAttach === undefined) {
    throw unsupported('multiAttachEnabled', type);
  }
  return { type, sizeGib, iops, throughput, multiAttach: asked.MultiAttachEnabled === true };
}

function typeOf(name: string): VolumeType {
  const type = (Object.keys(RULES) as VolumeType[]).find((known) => known === name);
  if (type !== undefined) return type;
  throw refusal('UnknownVolumeType', `Unsupported volume type '${name}' for volume creation.`);
}

function iopsOf(type: VolumeType, asked: number | undefined, sizeGib: number): number | undefined {
  const rules = RULES[type].iops;
  if (rules === undefined) {
    if (asked !== undefined) throw unsupported('iops', type);
    // gp2 has 3 for each GiB, and says so.
    return type === 'gp2' ? Math.min(16_000, Math.max(100, sizeGib * 3)) : undefined;
  }
  const iops = asked ?? rules.preset;
  if (iops === undefined) throw refusal('MissingParameter', 'The request must contain the parameter iops');
  checkRange(`Volume iops of ${String(iops)}`, iops, rules.range, '', ['low', 'high']);
  // What every volume of the type has is no matter of its size.
  if (iops > (rules.preset ?? 0)) checkRatio('Iops to volume size', iops / sizeGib, rules.perGib);
  return iops;
}

function throughputOf(type: VolumeType, asked: number | undefined, iops = 0): number | undefined {
  const rules = RULES[type].throughput;
  if (rules === undefined) {
    if (asked !== undefined) throw unsupported('throughput', type);
    return undefined;
  }
  const throughput = asked ?? rules.range[0];
  checkRange(`Volume throughput of ${String(throughput)}MiB/s`, throughput, rules.range, 'MiB/s', [
    'low',
    'high',
  ]);
  checkRatio('Throughput (MiB/s) to iops', throughput / iops, rules.perIops);
  return throughput;
}

function checkRange(
  what: string,
  value: number,
  [low, high]: readonly [number, number],
  unit: string,
  [less, more]: readonly [string, string],
): void {
  if (value < low) {
    throw refusal('InvalidParameterValue', `${what} is too ${less}; minimum is ${String(low)}${unit}.`);
  }
  if (value > high) {
    throw refusal('InvalidParameterValue', `${what} is too ${more}; maximum is ${String(high)}${unit}.`);
  }
}

function checkRatio(what: string, ratio: number, maximum: number): void {
  if (ratio <= maximum) return;
  const words = `${what} ratio of ${ratio.toFixed(6)} is too high; maximum is ${maximum.toFixed(6)}.`;
  throw refusal('InvalidParameterValue', words);
}

function unsupported(parameter: string, type: VolumeType) {
  return refusal(
    'InvalidParameterCombination',
    `The parameter ${parameter} is not supported for ${type} volumes.`,
  );
}

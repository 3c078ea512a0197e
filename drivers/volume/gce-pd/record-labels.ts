import * as z from 'zod';
import type { GivenOptions } from '../../../plugin/core/options.ts';
import type { DiskContentKind, DiskRecord } from '../block/cloud.ts';
import { escapeName, fromBase32, gather, partsOf, spread, toBase32, unescapeName } from './label-text.ts';
import { hashOf, idOf, placeOf } from './names.ts';

/** All labels that GCE allows a disk. */
const MOST_LABELS = 64;
const PREFIX = 'stowage-';

const optionsSchema = z.record(z.string(), z.string());

/** Labels as GCE has them. */
export type Labels = Readonly<Record<string, string>>;

/** Names of the labels that make a disk a volume. */
export const LABEL = {
  cluster: 'stowage-cluster',
  name: 'stowage-name',
  createdAt: 'stowage-created-at',
  content: 'stowage-content',
  retained: 'stowage-retained',
  lease: 'stowage-lease',
  leaseZone: 'stowage-lease-zone',
  options: 'stowage-options',
  purpose: 'stowage-purpose',
  volume: 'stowage-volume',
  machine: 'stowage-machine',
  machineZone: 'stowage-machine-zone',
} as const;

/** A record as labels. GCE replaces all labels of a disk at once, so what is not here is gone. */
export function labelsOf(record: DiskRecord, cluster: string): Record<string, string> {
  const { name, createdAt, given, content, retained, lease } = record;
  return {
    [LABEL.cluster]: cluster,
    ...spread(LABEL.name, escapeName(name)),
    [LABEL.createdAt]: String(createdAt.getTime()),
    [LABEL.content]: content,
    [LABEL.retained]: String(retained),
    ...(lease !== undefined && machineLabels(LABEL.lease, LABEL.leaseZone, lease)),
    ...spread(LABEL.options, toBase32(JSON.stringify(given))),
  };
}

/** The record in a disk's labels; undefined when there is none of this cluster, or one that cannot be understood. */
export function recordOf(labels: Labels, cluster: string): DiskRecord | undefined {
  const name = gather(LABEL.name, labels);
  const createdAt = new Date(Number(labels[LABEL.createdAt] ?? Number.NaN));
  const given = optionsIn(labels);
  const content = labels[LABEL.content];
  if (labels[LABEL.cluster] !== cluster || name === undefined || given === undefined) return undefined;
  if (Number.isNaN(createdAt.getTime()) || !isContent(content)) return undefined;
  return {
    name: unescapeName(name),
    createdAt,
    given,
    content,
    retained: labels[LABEL.retained] === 'true',
    lease: machineIn(LABEL.lease, LABEL.leaseZone, labels),
  };
}

/** What a snapshot says about itself. The volume is a hash here, so that a filter can ask for it. */
export function snapshotLabels(
  cluster: string,
  volume: string,
  purpose: string,
  machine: string,
): Record<string, string> {
  return {
    [LABEL.cluster]: cluster,
    [LABEL.purpose]: purpose,
    [LABEL.volume]: hashOf(cluster, volume),
    ...machineLabels(LABEL.machine, LABEL.machineZone, machine),
  };
}

/** The machine that took a snapshot, when Stowage did. */
export function takerOf(labels: Labels): string | undefined {
  return machineIn(LABEL.machine, LABEL.machineZone, labels);
}

/** The labels that are none of ours. */
export function foreignLabels(labels: Labels): Record<string, string> {
  return Object.fromEntries(Object.entries(labels).filter(([key]) => !isOwnKey(key)));
}

/** Whether Stowage keeps such a label for itself. */
export function isOwnKey(key: string): boolean {
  return key.startsWith(PREFIX);
}

/** How many labels fewer a volume would need than GCE allows; negative when it needs too many. */
export function labelsLeft(given: GivenOptions, others: number): number {
  // The longest name and a lease may come later than the options.
  const NAME = 5;
  const FIXED = 6;
  return MOST_LABELS - NAME - FIXED - others - partsOf(toBase32(JSON.stringify(given)));
}

function machineLabels(nameKey: string, zoneKey: string, machine: string): Record<string, string> {
  const { zone, name } = placeOf(machine);
  return { [nameKey]: name, [zoneKey]: zone };
}

function machineIn(nameKey: string, zoneKey: string, labels: Labels): string | undefined {
  const name = labels[nameKey];
  const zone = labels[zoneKey];
  return name === undefined || zone === undefined ? undefined : idOf({ zone, name });
}

function optionsIn(labels: Labels): GivenOptions | undefined {
  const text = fromBase32(gather(LABEL.options, labels) ?? '');
  try {
    return optionsSchema.safeParse(JSON.parse(text ?? '')).data;
  } catch {
    return undefined;
  }
}

function isContent(text: string | undefined): text is DiskContentKind {
  return text === 'fresh' || text === 'copied' || text === 'own';
}

import * as z from 'zod';
import type { GivenOptions } from '../../../plugin/core/options.ts';
import type { DiskContentKind, DiskRecord } from '../block/cloud.ts';

/** EC2 allows 256 characters a tag; longer options go on in a second tag and so on. */
const PART = 256;
/** 50 tags a volume are all that EC2 allows; most of them are the user's. */
const MOST_PARTS = 8;

const optionsSchema = z.record(z.string(), z.string());

/** Tags as EC2 has them. */
export type Tags = Readonly<Record<string, string>>;

/** Names of the tags that make a disk a volume. The IAM policy in README.md names them too. */
export const TAG = {
  cluster: 'stowage:cluster',
  name: 'stowage:name',
  createdAt: 'stowage:created-at',
  content: 'stowage:content',
  retained: 'stowage:retained',
  lease: 'stowage:lease',
  options: 'stowage:options',
  purpose: 'stowage:purpose',
  volume: 'stowage:volume',
  machine: 'stowage:machine',
} as const;

/** A record as tags. Every key is written every time, empty where there is nothing, so that one call replaces all. */
export function tagsOf(record: DiskRecord, cluster: string, present: Tags = {}): Record<string, string> {
  const { name, createdAt, given, content, retained, lease = '' } = record;
  const text = JSON.stringify(given);
  const parts = Math.max(1, Math.ceil(text.length / PART));
  const tags: Record<string, string> = {
    Name: name,
    [TAG.cluster]: cluster,
    [TAG.name]: name,
    [TAG.createdAt]: createdAt.toISOString(),
    [TAG.content]: content,
    [TAG.retained]: String(retained),
    [TAG.lease]: lease,
  };
  for (let part = 0; part < MOST_PARTS; part += 1) {
    const key = optionsKey(part);
    if (part < parts || present[key] !== undefined) tags[key] = text.slice(part * PART, (part + 1) * PART);
  }
  return tags;
}

/** The record in a disk's tags; undefined when there is none of this cluster, or one that cannot be understood. */
export function recordOf(tags: Tags, cluster: string): DiskRecord | undefined {
  const name = tags[TAG.name];
  const createdAt = new Date(tags[TAG.createdAt] ?? Number.NaN);
  const given = optionsOf(tags);
  const content = tags[TAG.content];
  if (tags[TAG.cluster] !== cluster || name === undefined || given === undefined) return undefined;
  if (Number.isNaN(createdAt.getTime()) || !isContent(content)) return undefined;
  const lease = tags[TAG.lease];
  return {
    name,
    createdAt,
    given,
    content,
    retained: tags[TAG.retained] === 'true',
    lease: lease === '' ? undefined : lease,
  };
}

/** True when the options are longer than the tags can carry. */
export function isTooLong(given: GivenOptions): boolean {
  return JSON.stringify(given).length > PART * MOST_PARTS;
}

function optionsKey(part: number): string {
  return part === 0 ? TAG.options : `${TAG.options}:${String(part)}`;
}

function optionsOf(tags: Tags): GivenOptions | undefined {
  const text = Array.from({ length: MOST_PARTS }, (_, part) => tags[optionsKey(part)] ?? '').join('');
  try {
    return optionsSchema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

function isContent(text: string | undefined): text is DiskContentKind {
  return text === 'fresh' || text === 'copied' || text === 'own';
}

import { checkAccessMode, checkSize, DISK_TYPES, performanceOf } from '../disk-types.ts';
import { alreadyExists, GceError, invalid, notFound, OperationFailure } from '../error.ts';
import { newLabels } from '../labels.ts';
import { parseLink, regionOf, zonal } from '../links.ts';
import type { AccessMode, Disk, Snapshot } from '../model.ts';
import type { Operation } from '../operation-engine.ts';
import { contentId, GIBIBYTE, snapshotContentId, type World } from '../world.ts';
import { accept, allow, type Call, numberOf, textOf, zoneOf } from './handler.ts';
import { snapshotLink } from './show.ts';

const LONGEST_DESCRIPTION = 2_048;
/** What the definition knows and the stand-in does not do: better refused than silently left out. */
const NOT_DONE = [
  'sourceImage',
  'sourceDisk',
  'sourceInstantSnapshot',
  'sourceStorageObject',
  'storagePool',
  'replicaZones',
  'diskEncryptionKey',
];

/** disks.insert */
export function insertDisk(call: Call): Operation {
  const { world } = call;
  const zone = zoneOf(call);
  const disk = newDisk(call, zone);
  const target = world.diskLink(disk);
  allow(call, 'disks.create', target);
  if (Object.keys(disk.labels).length > 0) allow(call, 'disks.setLabels', target);
  if (disk.sourceSnapshot) allow(call, 'snapshots.useReadOnly', snapshotLink(world, disk.sourceSnapshot));
  const key = `${zone}/${disk.name}`;
  if (world.disks.has(key)) throw alreadyExists(target);
  if (world.parts.conflicts === 'at-once') checkQuota(world, disk, (words) => quotaExceeded(words));
  world.disks.set(key, disk);
  return accept(call, {
    type: 'insert',
    zone,
    target,
    targetId: disk.id,
    delay: disk.sourceSnapshot ? 'restore' : 'create',
    work: async () => {
      checkQuota(world, disk, (words) => new OperationFailure('QUOTA_EXCEEDED', words, 403));
      await fill(world, disk);
      disk.status = 'READY';
    },
    undo: () => void world.disks.delete(key),
  });
}

async function fill(world: World, disk: Disk): Promise<void> {
  const { store } = world.parts;
  const bytes = disk.sizeGb * GIBIBYTE;
  if (disk.sourceSnapshot === undefined) store.create(contentId(disk), bytes);
  else await store.copy(snapshotContentId(disk.sourceSnapshot), contentId(disk), bytes);
}

function newDisk({ world, body, query }: Call, zone: string): Disk {
  for (const field of NOT_DONE) {
    if (textOf(body, field) !== undefined)
      throw invalid(`resource.${field}`, '', 'The stand-in does not do this.');
  }
  if (query['sourceImage'] !== undefined) throw invalid('sourceImage', '', 'The stand-in has no images.');
  const type = typeOf(world, body, zone);
  const sourceSnapshot = snapshotOf(world, textOf(body, 'sourceSnapshot'));
  const usual = sourceSnapshot?.diskSizeGb ?? DISK_TYPES[type]?.defaultGb ?? 0;
  const sizeGb = numberOf(body, 'sizeGb') ?? usual;
  if (sourceSnapshot && sizeGb < sourceSnapshot.diskSizeGb) {
    const why = `Requested disk size cannot be smaller than the snapshot size (${String(sourceSnapshot.diskSizeGb)} GB)`;
    throw invalid('resource.sizeGb', sizeGb, why);
  }
  checkSize(type, sizeGb);
  const accessMode = (textOf(body, 'accessMode') ?? 'READ_WRITE_SINGLE') as AccessMode;
  if (body['accessMode'] !== undefined) checkHyperdiskMode(type, accessMode);
  const asked = {
    iops: numberOf(body, 'provisionedIops'),
    throughput: numberOf(body, 'provisionedThroughput'),
  };
  return {
    id: world.newId(),
    name: textOf(body, 'name') ?? '',
    zone,
    type,
    description: descriptionOf(body),
    createdAt: world.now,
    sourceSnapshot,
    sizeGb,
    ...performanceOf(type, sizeGb, asked),
    accessMode,
    status: sourceSnapshot ? 'RESTORING' : 'CREATING',
    lastAttachAt: undefined,
    lastDetachAt: undefined,
    ...newLabels((body['labels'] ?? {}) as Record<string, string>),
  };
}

/** Persistent disks have no mode at all, hyperdisks those of their type. */
function checkHyperdiskMode(type: string, mode: AccessMode): void {
  if (type.startsWith('hyperdisk')) checkAccessMode(type, mode);
  else throw invalid('resource.accessMode', mode, `Access mode is not supported for disk type ${type}.`);
}

/** @throws GceError when it is too long */
export function descriptionOf(body: Readonly<Record<string, unknown>>): string {
  const description = textOf(body, 'description') ?? '';
  if (description.length <= LONGEST_DESCRIPTION) return description;
  const why = `Must be no more than ${String(LONGEST_DESCRIPTION)} characters.`;
  throw invalid('resource.description', description.slice(0, 64), why);
}

function typeOf({ parts }: World, body: Readonly<Record<string, unknown>>, zone: string): string {
  const link = textOf(body, 'type');
  if (link === undefined) return 'pd-standard';
  const parsed = parseLink(link, 'diskTypes', parts.project);
  if (parsed === undefined || (parsed.zone !== undefined && parsed.zone !== zone)) {
    throw invalid('resource.type', link, 'The URL is malformed or of another zone.');
  }
  if (DISK_TYPES[parsed.name] === undefined)
    throw notFound(zonal(parts.project, zone, 'diskTypes', parsed.name));
  return parsed.name;
}

function snapshotOf(world: World, link: string | undefined): Snapshot | undefined {
  if (link === undefined) return undefined;
  const parsed = parseLink(link, 'snapshots', world.parts.project);
  if (parsed === undefined) throw invalid('resource.sourceSnapshot', link, 'The URL is malformed.');
  const snapshot = world.snapshots.get(parsed.name);
  if (snapshot === undefined) throw notFound(snapshotLink(world, parsed));
  if (snapshot.status === 'READY') return snapshot;
  throw new GceError(400, 'resourceNotReady', `The resource '${snapshotLink(world, parsed)}' is not ready`);
}

function checkQuota(world: World, disk: Disk, refusal: (words: string) => Error): void {
  const region = regionOf(disk.zone);
  const others = [...world.disks.values()].filter((one) => one !== disk && regionOf(one.zone) === region);
  const total = others.reduce((sum, { sizeGb }) => sum + sizeGb, disk.sizeGb);
  if (total <= world.parts.quotaGb) return;
  throw refusal(
    `Quota 'DISKS_TOTAL_GB' exceeded.  Limit: ${world.parts.quotaGb.toFixed(1)} in region ${region}.`,
  );
}

function quotaExceeded(words: string): GceError {
  return new GceError(403, 'quotaExceeded', words);
}

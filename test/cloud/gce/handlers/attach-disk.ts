import { GceError, inUseBy, invalid, notReady, OperationFailure } from '../error.ts';
import { parseLink } from '../links.ts';
import { mostDisks, takesDiskType } from '../machine-types.ts';
import type { AttachedDisk, Disk, Instance } from '../model.ts';
import type { Operation } from '../operation-engine.ts';
import type { World } from '../world.ts';
import { accept, allow, type Call, part, textOf, zoneOf } from './handler.ts';

type Mode = AttachedDisk['mode'];

/** How many machines may have a disk that several may have at all. */
const MOST_WRITERS = 8;
const MOST_READERS = 100;

/** instances.attachDisk */
export function attachDisk(call: Call): Operation {
  const { world, body, query } = call;
  const instance = world.instance(zoneOf(call), part(call, 'instance'));
  const target = world.instanceLink(instance);
  allow(call, 'instances.attachDisk', target);
  const disk = sourceOf(call, instance);
  const mode = (textOf(body, 'mode') ?? 'READ_WRITE') as Mode;
  allow(call, mode === 'READ_ONLY' ? 'disks.useReadOnly' : 'disks.use', world.diskLink(disk));
  if (query['forceAttach'] === 'true' || body['forceAttach'] === true) {
    throw invalid('forceAttach', 'true', 'Force attach is supported for regional disks only.');
  }
  if (instance.status === 'STOPPING' || instance.status === 'SUSPENDED') throw notReady(target);
  if (disk.status !== 'READY') throw notReady(world.diskLink(disk));
  checkFit(instance, disk, mode);
  const wanted = {
    disk,
    mode,
    deviceName: deviceNameOf(call, instance),
    autoDelete: body['autoDelete'] === true,
  };
  const atOnce = world.parts.conflicts === 'at-once' ? conflictOf(world, instance, disk, mode) : undefined;
  if (atOnce !== undefined) throw new GceError(400, reasonOf(atOnce), atOnce.message);
  return accept(call, {
    type: 'attachDisk',
    zone: instance.zone,
    target,
    targetId: instance.id,
    delay: 'attach',
    work: async () => await attach(world, instance, wanted),
  });
}

async function attach(
  world: World,
  instance: Instance,
  wanted: Omit<AttachedDisk, 'index' | 'boot'>,
): Promise<void> {
  const { disk, mode, deviceName } = wanted;
  const conflict = conflictOf(world, instance, disk, mode);
  if (conflict !== undefined) throw conflict;
  if (instance.disks.some((one) => one.deviceName === deviceName)) {
    throw new OperationFailure('INVALID_USAGE', deviceNameTaken(deviceName));
  }
  if (!world.disks.has(`${disk.zone}/${disk.name}`) || disk.status === 'DELETING') {
    throw new OperationFailure(
      'RESOURCE_NOT_FOUND',
      `The resource '${world.diskLink(disk)}' was not found`,
      404,
    );
  }
  const attached = { ...wanted, boot: false, index: firstFree(instance.disks) };
  // Before the first wait, so that nobody else finds it free.
  instance.disks.push(attached);
  disk.lastAttachAt = world.now;
  proveSingle(world, disk);
  if (instance.status === 'RUNNING') await world.plugIn(instance, attached);
}

/** Why the instance cannot have the disk as things are now. */
function conflictOf(world: World, instance: Instance, disk: Disk, mode: Mode): OperationFailure | undefined {
  const users = world.usersOf(disk);
  const [first] = users;
  const mine = users.some((user) => user.instance === instance);
  if (first !== undefined && (mine || !canShare(disk, mode, users))) {
    if (!mine) {
      const detail = `${instance.name} wants what ${first.instance.name} has`;
      world.note('attach-elsewhere-refused', `${disk.zone}/${disk.name}`, detail);
    }
    const words = inUseBy(world.diskLink(disk), world.instanceLink(first.instance));
    return new OperationFailure('RESOURCE_IN_USE_BY_ANOTHER_RESOURCE', words);
  }
  const limit = mostDisks(instance.machineType);
  if (instance.disks.length < limit) return undefined;
  const words = `Exceeded limit 'maximum_persistent_disks' on resource '${instance.name}'. Limit: ${limit.toFixed(1)}`;
  return new OperationFailure('LIMIT_EXCEEDED', words);
}

function canShare(disk: Disk, mode: Mode, users: readonly { readonly attached: AttachedDisk }[]): boolean {
  if (disk.accessMode === 'READ_WRITE_MANY') return users.length < MOST_WRITERS;
  if (disk.accessMode === 'READ_ONLY_MANY') return users.length < MOST_READERS;
  // Of hyperdisks only those of the modes above.
  if (disk.type.startsWith('hyperdisk')) return false;
  return mode === 'READ_ONLY' && users.every(({ attached }) => attached.mode === 'READ_ONLY');
}

/** The stand-in's own promise: nothing that it accepted lets two machines write to a disk that one may have. */
function proveSingle(world: World, disk: Disk): void {
  const users = world.usersOf(disk);
  const writer = users.some(({ attached }) => attached.mode === 'READ_WRITE');
  if (users.length < 2 || !writer || disk.accessMode === 'READ_WRITE_MANY') return;
  const names = users.map(({ instance }) => instance.name).join(' and ');
  world.note('double-attach', `${disk.zone}/${disk.name}`, `${names} have it`);
}

function sourceOf({ world, body }: Call, instance: Instance): Disk {
  const link = textOf(body, 'source');
  if (body['initializeParams'] !== undefined) {
    throw invalid('resource.initializeParams', '', 'Disks cannot be made while they are attached.');
  }
  const parsed = parseLink(link ?? '', 'disks', world.parts.project);
  if (parsed === undefined) throw invalid('resource.source', link, 'The URL is malformed.');
  if (parsed.zone !== undefined && parsed.zone !== instance.zone) {
    throw invalid(
      'resource.source',
      link,
      `Disk must be in the same zone as the instance (${instance.zone}).`,
    );
  }
  return world.disk(instance.zone, parsed.name);
}

function checkFit({ machineType }: Instance, { type, accessMode }: Disk, mode: Mode): void {
  if (!takesDiskType(machineType, type)) {
    const words = `[${type}] features are not compatible for creating instance.`;
    throw new GceError(400, 'badRequest', words);
  }
  if (accessMode !== 'READ_ONLY_MANY' || mode === 'READ_ONLY') return;
  throw invalid(
    'resource.mode',
    mode,
    'A disk with access mode READ_ONLY_MANY can be attached READ_ONLY only.',
  );
}

function deviceNameOf({ body }: Call, { disks }: Instance): string {
  const asked = textOf(body, 'deviceName');
  if (asked === undefined) return `persistent-disk-${String(firstFree(disks))}`;
  if (!/^[a-z](?:[-a-z0-9_]{0,61}[a-z0-9])?$/.test(asked)) {
    throw invalid('resource.deviceName', asked, 'Must be a name of at most 63 characters.');
  }
  if (disks.every(({ deviceName }) => deviceName !== asked)) return asked;
  throw invalid('resource.deviceName', asked, deviceNameTaken(asked));
}

function deviceNameTaken(name: string): string {
  return `The device name '${name}' is already used by another disk of the instance.`;
}

function firstFree(disks: readonly AttachedDisk[]): number {
  let index = 0;
  while (disks.some((disk) => disk.index === index)) index += 1;
  return index;
}

function reasonOf({ code }: OperationFailure): string {
  return code === 'LIMIT_EXCEEDED' ? 'limitExceeded' : 'resourceInUseByAnotherResource';
}

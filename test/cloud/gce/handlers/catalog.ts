import { DISK_TYPES, type DiskType } from '../disk-types.ts';
import { notFound } from '../error.ts';
import { LINK_ROOT, regionOf, zonal } from '../links.ts';
import { MACHINE_TYPES, mostDisks } from '../machine-types.ts';
import { pageOf } from '../paging.ts';
import { allow, type Call, part, zoneOf } from './handler.ts';

/** zones.get */
export function getZone(call: Call): object {
  const zone = zoneOf(call);
  allow(call, 'zones.get', `projects/${call.world.parts.project}/zones/${zone}`);
  return showZone(call, zone);
}

/** zones.list */
export function listZones(call: Call): object {
  const { world, query } = call;
  allow(call, 'zones.list', `projects/${world.parts.project}`);
  const all = world.parts.zones.map((zone) => showZone(call, zone));
  return { kind: 'compute#zoneList', ...pageOf(all, query, ({ name }) => name) };
}

/** diskTypes.get */
export function getDiskType(call: Call): object {
  const zone = zoneOf(call);
  const name = part(call, 'diskType');
  const link = zonal(call.world.parts.project, zone, 'diskTypes', name);
  allow(call, 'diskTypes.get', link);
  const type = DISK_TYPES[name];
  if (type === undefined) throw notFound(link);
  return showDiskType(call, zone, name, type);
}

/** diskTypes.list */
export function listDiskTypes(call: Call): object {
  const zone = zoneOf(call);
  allow(call, 'diskTypes.list', `projects/${call.world.parts.project}`);
  const all = Object.entries(DISK_TYPES).map(([name, type]) => showDiskType(call, zone, name, type));
  return { kind: 'compute#diskTypeList', ...pageOf(all, call.query, ({ name }) => name) };
}

/** machineTypes.get */
export function getMachineType(call: Call): object {
  const zone = zoneOf(call);
  const name = part(call, 'machineType');
  const link = zonal(call.world.parts.project, zone, 'machineTypes', name);
  allow(call, 'machineTypes.get', link);
  const type = MACHINE_TYPES[name];
  if (type === undefined) throw notFound(link);
  return {
    kind: 'compute#machineType',
    name,
    guestCpus: type.cpus,
    memoryMb: type.memoryMb,
    isSharedCpu: type.sharedCore,
    maximumPersistentDisks: mostDisks(name),
    maximumPersistentDisksSizeGb: type.sharedCore ? '3072' : '263168',
    zone,
    selfLink: LINK_ROOT + link,
  };
}

function showZone({ world }: Call, name: string): { name: string } {
  const root = `${LINK_ROOT}projects/${world.parts.project}`;
  const status = world.unreachableZones.has(name) ? 'DOWN' : 'UP';
  const links = { region: `${root}/regions/${regionOf(name)}`, selfLink: `${root}/zones/${name}` };
  const shown = { kind: 'compute#zone', status, ...links, name };
  return shown;
}

function showDiskType({ world }: Call, zone: string, name: string, type: DiskType): { name: string } {
  const shown = {
    kind: 'compute#diskType',
    name,
    defaultDiskSizeGb: String(type.defaultGb),
    validDiskSize: `${String(type.leastGb)}GB-${String(type.mostGb)}GB`,
    zone: `${LINK_ROOT}projects/${world.parts.project}/zones/${zone}`,
    selfLink: LINK_ROOT + zonal(world.parts.project, zone, 'diskTypes', name),
  };
  return shown;
}

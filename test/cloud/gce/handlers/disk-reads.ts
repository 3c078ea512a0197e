import { GceError } from '../error.ts';
import { LINK_ROOT } from '../links.ts';
import type { Disk } from '../model.ts';
import { pageOf } from '../paging.ts';
import { allow, type Call, part, zoneOf } from './handler.ts';
import { showDisk } from './show.ts';

/** disks.get */
export function getDisk(call: Call): object {
  const disk = call.world.disk(zoneOf(call), part(call, 'disk'));
  allow(call, 'disks.get', call.world.diskLink(disk));
  return showDisk(call.world, disk);
}

/** disks.list */
export function listDisks(call: Call): object {
  const { world, query } = call;
  const zone = zoneOf(call);
  allow(call, 'disks.list', `projects/${world.parts.project}`);
  if (world.unreachableZones.has(zone)) throw unreachable(zone);
  const here = [...world.disks.values()].filter((disk) => disk.zone === zone);
  const { items, nextPageToken } = pageOf(shown(call, here), query, ({ name }) => name);
  return {
    kind: 'compute#diskList',
    id: `projects/${world.parts.project}/zones/${zone}/disks`,
    selfLink: `${LINK_ROOT}projects/${world.parts.project}/zones/${zone}/disks`,
    ...(items.length > 0 && { items }),
    ...(nextPageToken !== undefined && { nextPageToken }),
  };
}

/** disks.aggregatedList */
export function aggregateDisks(call: Call): object {
  const { world, query } = call;
  allow(call, 'disks.list', `projects/${world.parts.project}`);
  const [first] = world.unreachableZones;
  if (first !== undefined && query['returnPartialSuccess'] !== 'true') throw unreachable(first);
  const reached = [...world.disks.values()].filter(({ zone }) => !world.unreachableZones.has(zone));
  const page = pageOf(shown(call, reached), query, ({ zone, name }) => `${zone} ${name}`);
  const scopes = world.parts.zones.map((zone): [string, object] => {
    const disks = page.items.filter((item) => item.zone.endsWith(`/${zone}`));
    return [`zones/${zone}`, disks.length > 0 ? { disks } : { warning: warningFor(call, zone) }];
  });
  const unreachables = [...world.unreachableZones].map((zone) => `zones/${zone}`);
  return {
    kind: 'compute#diskAggregatedList',
    id: `projects/${world.parts.project}/aggregated/disks`,
    selfLink: `${LINK_ROOT}projects/${world.parts.project}/aggregated/disks`,
    items: Object.fromEntries(scopes),
    ...(page.nextPageToken !== undefined && { nextPageToken: page.nextPageToken }),
    ...(unreachables.length > 0 && { unreachables }),
  };
}

interface ShownDisk {
  readonly name: string;
  readonly zone: string;
}

function shown({ world }: Call, disks: readonly Disk[]): ShownDisk[] {
  return disks.map((disk) => showDisk(world, disk) as ShownDisk);
}

function warningFor({ world }: Call, zone: string): object {
  const code = world.unreachableZones.has(zone) ? 'UNREACHABLE' : 'NO_RESULTS_ON_PAGE';
  const message =
    code === 'UNREACHABLE'
      ? `Scope 'zones/${zone}' is currently unreachable.`
      : `There are no results for scope 'zones/${zone}' on this page.`;
  return { code, message, data: [{ key: 'scope', value: `zones/${zone}` }] };
}

function unreachable(zone: string): GceError {
  return new GceError(503, 'backendError', `The zone 'zones/${zone}' is currently unreachable.`);
}

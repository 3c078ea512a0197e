import assert from 'node:assert/strict';
import { gather, unescapeName } from '../../../drivers/volume/gce-pd/label-text.ts';
import { LABEL } from '../../../drivers/volume/gce-pd/record-labels.ts';
import type { CloudRegion, RegionKind } from '../../conformance/block-cloud/region.ts';
import { FULL_SCOPES } from './access.ts';
import { startProject, type GceProject } from './instance.ts';
import { connect, outcomeOf, type GceClients } from './use-gce.ts';

/** Every permission in the role of drivers/volume/gce-pd/README.md. */
const GCE_PERMISSIONS = [
  'compute.disks.create',
  'compute.disks.createSnapshot',
  'compute.disks.delete',
  'compute.disks.get',
  'compute.disks.list',
  'compute.disks.resize',
  'compute.disks.setLabels',
  'compute.disks.update',
  'compute.disks.use',
  'compute.disks.useReadOnly',
  'compute.globalOperations.get',
  'compute.instances.attachDisk',
  'compute.instances.detachDisk',
  'compute.instances.get',
  'compute.snapshots.create',
  'compute.snapshots.delete',
  'compute.snapshots.get',
  'compute.snapshots.list',
  'compute.snapshots.setLabels',
  'compute.snapshots.useReadOnly',
  'compute.zoneOperations.get',
] as const;

/** GCE's stand-in for the suite of all cloud disks. */
export const gceRegion: RegionKind = {
  start: async (root, scale) => adapt(await startProject(root, { scale })),
  permissions: GCE_PERMISSIONS,
  pageSize: 500,
  attachPermission: 'compute.instances.attachDisk',
};

function adapt(project: GceProject): CloudRegion {
  const { control, zones, faults, calls, latency } = project;
  const operator = operatorOf(project);
  const ids = new Map<string, string>();
  const nameOf = (id: string): string => id.slice(id.indexOf('/') + 1);
  return {
    calls,
    faults,
    async launch({ allowed, elsewhere = false } = {}) {
      const where = { zone: zones[elsewhere ? 1 : 0] ?? '' };
      const { name, zone, ...machine } = await project.launch(where, allowed && { allowed });
      ids.set(name, `${zone}/${name}`);
      return { id: `${zone}/${name}`, caller: name, ...machine };
    },
    stop: async (machine) => await control.stop(nameOf(machine)),
    freeze: (machine) => control.freeze(nameOf(machine)),
    tearOff: async (disk, machine) => await tearOff(project, operator, disk, nameOf(machine)),
    makeForeign: async (name) => await makeForeign(project, operator, name),
    async disks() {
      const attachments = control.attachments();
      return await Promise.all(
        control.disks().map(async (id) => {
          const [zone = '', name = ''] = id.split('/');
          const volume = gather(LABEL.name, control.labelsOf(name, zone));
          return {
            id,
            volume: volume === undefined ? undefined : unescapeName(volume),
            machines: attachments
              .filter(({ disk }) => disk === name)
              .map(({ machine }) => ids.get(machine) ?? machine),
            file: await control.fileOf(name, zone),
          };
        }),
      );
    },
    secondsUntilAttached: () =>
      (['pending', 'create', 'labels', 'attach'] as const).reduce(
        (sum, name) => sum + latency.drawn(name) / 1000,
        0,
      ),
    snapshots: () => control.snapshots().length,
    neverAttach: (on) => (on ? latency.fix('attach', Infinity) : latency.release('attach')),
    async close() {
      await Promise.all(
        Object.values(operator).map(async (client: GceClients['disks']) => await client.close()),
      );
      await project.close();
      control.assertSound();
    },
  };
}

function operatorOf(project: GceProject): GceClients {
  const who = { caller: 'operator', email: 'operator@test', scopes: FULL_SCOPES, lifetimeMs: 3_600_000 };
  return connect(project, project.access.issue(who));
}

async function tearOff(project: GceProject, operator: GceClients, id: string, instance: string) {
  const [zone = '', deviceName = ''] = id.split('/');
  const begun = await operator.instances.detachDisk({
    project: project.project,
    zone,
    instance,
    deviceName,
  });
  assert.equal(await outcomeOf(project, operator, begun as Parameters<typeof outcomeOf>[2]), undefined);
}

async function makeForeign(project: GceProject, operator: GceClients, name: string): Promise<string> {
  const zone = project.zones[0] ?? '';
  const diskResource = { name, sizeGb: 1, type: `zones/${zone}/diskTypes/pd-balanced` };
  const begun = await operator.disks.insert({ project: project.project, zone, diskResource });
  assert.equal(await outcomeOf(project, operator, begun as Parameters<typeof outcomeOf>[2]), undefined);
  return `${zone}/${name}`;
}

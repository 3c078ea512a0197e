import type { InstancesClient } from '@google-cloud/compute';
import { FULL_SCOPES } from '../cloud/gce/access.ts';
import { startGce, type GceStandIn } from '../cloud/gce/stand-in.ts';
import { connect } from '../cloud/gce/use-gce.ts';
import type { VmCloud, VmCloudKind } from './vm-cloud.ts';
import { VmDiskBay } from './vm-disk-bay.ts';

/**
 * Compute Engine with machines that are virtual. QEMU's SCSI disks take serials of 36 characters, which is enough for
 * volumes with names of up to seven.
 */
export const gceCloud: VmCloudKind = { backend: 'gce-pd', showsGrowth: true, start };

async function start(): Promise<VmCloud> {
  const bay = new VmDiskBay('scsi');
  const standIn = await startGce({ bay });
  const { control, port, zones } = standIn;
  const operator = operatorOf(standIn);
  let count = 0;
  return {
    bay,
    async launch() {
      const id = `machine-${String((count += 1))}`;
      control.addMachine(id);
      const { host: address } = await control.startMetadata(id);
      const meta = Number(address.split(':').at(-1));
      return {
        id,
        ports: [port, meta],
        settings: (host) => ({
          STOWAGE_GCE_ENDPOINT: `http://${host}:${String(port)}`,
          GCE_METADATA_HOST: `${host}:${String(meta)}`,
        }),
      };
    },
    holders: () => control.attachments().map(({ machine }) => machine),
    async tearOff(machine) {
      for (const { machine: instance, deviceName } of control.attachments()) {
        if (instance !== machine) continue;
        const { project } = standIn;
        await operator.detachDisk({ project, zone: zones[0] ?? '', instance, deviceName });
      }
    },
    freeze: (machine) => control.freeze(machine),
    stop: async (machine) => await control.stop(machine),
    start: async (machine) => await control.start(machine),
    async close() {
      await operator.close();
      await standIn.close();
      control.assertSound();
    },
  };
}

function operatorOf(standIn: GceStandIn): InstancesClient {
  const who = { caller: 'operator', email: 'operator@test', scopes: FULL_SCOPES, lifetimeMs: 3_600_000 };
  return connect(standIn, standIn.access.issue(who)).instances;
}

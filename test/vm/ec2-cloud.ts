import { DetachVolumeCommand, EC2Client } from '@aws-sdk/client-ec2';
import { startEc2 } from '../cloud/ec2/stand-in.ts';
import type { VmCloud, VmCloudKind } from './vm-cloud.ts';
import { VmDiskBay } from './vm-disk-bay.ts';

/** EC2 with instances that are virtual machines. */
export const ec2Cloud: VmCloudKind = { backend: 'ebs', showsGrowth: false, start };

async function start(): Promise<VmCloud> {
  const bay = new VmDiskBay('nvme');
  const { control, access, region, endpoint, close } = await startEc2({ bay, modificationPauseMs: 0 });
  const operator = new EC2Client({ region, endpoint, credentials: access.addUser('operator') });
  return {
    bay,
    async launch() {
      const id = control.addInstance();
      const metadata = await control.startMetadata(id, { role: 'stowage' });
      const [api, meta] = [portOf(endpoint), portOf(metadata.endpoint)];
      return {
        id,
        ports: [api, meta],
        settings: (host) => ({
          AWS_ENDPOINT_URL_EC2: `http://${host}:${String(api)}`,
          AWS_EC2_METADATA_SERVICE_ENDPOINT: `http://${host}:${String(meta)}`,
        }),
      };
    },
    holders: () => control.attachments().map(({ instanceId }) => instanceId),
    async tearOff(machine) {
      for (const { instanceId, volumeId } of control.attachments()) {
        if (instanceId !== machine) continue;
        const about = { InstanceId: instanceId, VolumeId: volumeId, Force: true };
        await operator.send(new DetachVolumeCommand(about));
      }
    },
    freeze: (machine) => control.setFrozen(machine, true),
    stop: async (machine) => await control.stop(machine),
    start: async (machine) => await control.start(machine),
    async close() {
      operator.destroy();
      await close();
      control.assertSound();
    },
  };
}

function portOf(url: string): number {
  return Number(new URL(url).port);
}

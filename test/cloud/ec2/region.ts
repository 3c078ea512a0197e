import assert from 'node:assert/strict';
import { CreateVolumeCommand, DetachVolumeCommand, EC2Client } from '@aws-sdk/client-ec2';
import type { CloudRegion, RegionKind } from '../../conformance/block-cloud/region.ts';
import { eventually } from '../../support/eventually.ts';
import { startRegion, type Ec2Region } from './instance.ts';

/** Every action in the policy of drivers/volume/ebs/README.md. */
const EBS_ACTIONS = [
  'DescribeVolumes',
  'DescribeSnapshots',
  'DescribeInstances',
  'DescribeInstanceTypes',
  'CreateVolume',
  'DeleteVolume',
  'AttachVolume',
  'DetachVolume',
  'ModifyVolume',
  'CreateSnapshot',
  'DeleteSnapshot',
  'CreateTags',
  'DeleteTags',
] as const;

/** EC2's stand-in for the suite of all cloud disks. */
export const ec2Region: RegionKind = {
  start: async (root, scale) => adapt(await startRegion(root, { scale })),
  permissions: EBS_ACTIONS,
  pageSize: 500,
  attachPermission: 'AttachVolume',
};

function adapt(region: Ec2Region): CloudRegion {
  const { control, access, endpoint, faults, calls, bay, latency } = region;
  const operator = operatorOf(region);
  return {
    calls,
    faults,
    async launch({ allowed, elsewhere = false } = {}) {
      const id = control.addInstance(elsewhere ? { zone: 'eu-central-1b' } : {});
      const metadata = await control.startMetadata(id);
      // A key of its own, so that the log of calls tells who called.
      const { accessKeyId, secretAccessKey } = access.addUser(id, allowed);
      return {
        id,
        caller: accessKeyId,
        hostSys: await bay.sysfsOf(id),
        environment: {
          AWS_ENDPOINT_URL_EC2: endpoint,
          AWS_EC2_METADATA_SERVICE_ENDPOINT: metadata.endpoint,
          AWS_ACCESS_KEY_ID: accessKeyId,
          AWS_SECRET_ACCESS_KEY: secretAccessKey,
        },
      };
    },
    stop: async (machine) => await control.stop(machine),
    freeze: (machine) => control.setFrozen(machine, true),
    async tearOff(VolumeId, InstanceId) {
      await operator.send(new DetachVolumeCommand({ VolumeId, InstanceId, Force: true }));
      await eventually(() => assert.deepEqual(control.attachments(), []));
    },
    async makeForeign(name) {
      const zone = { AvailabilityZone: 'eu-central-1a', Size: 1 };
      const Tags = [{ Key: 'Name', Value: name }];
      const { VolumeId = '' } = await operator.send(
        new CreateVolumeCommand({ ...zone, TagSpecifications: [{ ResourceType: 'volume', Tags }] }),
      );
      await eventually(() =>
        assert.equal(control.volumes().find(({ id }) => id === VolumeId)?.state, 'available'),
      );
      return VolumeId;
    },
    disks: async () =>
      await Promise.all(
        control.volumes().map(async ({ id, tags, attachments }) => ({
          id,
          volume: tags.get('stowage:name'),
          machines: attachments.map(({ instanceId }) => instanceId),
          file: await control.fileOf(id),
        })),
      ),
    secondsUntilAttached: () => (latency.drawn('create') + latency.drawn('attach')) / 1000,
    snapshots: () => control.stored().filter((id) => id.startsWith('snap-')).length,
    neverAttach: (on) => (on ? latency.fix('attach', Infinity) : latency.release('attach')),
    async close() {
      operator.destroy();
      await region.close();
      control.assertSound();
    },
  };
}

function operatorOf({ region, endpoint, access }: Ec2Region): EC2Client {
  return new EC2Client({ region, endpoint, credentials: access.addUser('operator') });
}

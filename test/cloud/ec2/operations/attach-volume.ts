import type { AttachVolumeCommandInput } from '@aws-sdk/client-ec2';
import { refusal } from '../error.ts';
import { INSTANCE_TYPES } from '../instance-types.ts';
import { instanceOf, volumeOf } from '../look-up.ts';
import type { Attachment, Instance, Volume } from '../model.ts';
import type { World } from '../world.ts';
import type { Operation } from './operation.ts';
import { attachmentAnswer } from './volume-answer.ts';

/** Instances that may have a volume at once where it allows several. */
const MULTI_ATTACH_LIMIT = 16;
const DEVICE_NAME = /^(\/dev\/)?(sd[a-z]\d{0,2}|xvd[a-z]{1,2}\d{0,2}|hd[a-z])$/;

/** AttachVolume: the attachment is `attaching` in the answer, and for as long as it takes the instance to see it. */
export const attachVolume: Operation<AttachVolumeCommandInput> = (world, input) => {
  const volume = volumeOf(world, input.VolumeId ?? '');
  const instance = instanceOf(world, input.InstanceId ?? '');
  const device = input.Device ?? '';
  if (!DEVICE_NAME.test(device)) {
    const words = `Value (${device}) for parameter device is invalid. ${device} is not a valid EBS device name.`;
    throw refusal('InvalidParameterValue', words);
  }
  if (instance.state !== 'running' && instance.state !== 'stopped') {
    throw refusal('IncorrectState', `Instance '${instance.id}' is not 'running'.`);
  }
  if (volume.zone !== instance.zone) {
    const words = `The volume '${volume.id}' is not in the same availability zone as instance '${instance.id}'`;
    throw refusal('InvalidVolume.ZoneMismatch', words);
  }
  checkFree(world, volume, instance);
  checkPlace(world, instance, device);
  return () => {
    const attachment: Attachment = {
      volumeId: volume.id,
      instanceId: instance.id,
      device,
      attachedAt: world.now,
      deleteOnTermination: false,
      state: 'attaching',
      forced: false,
    };
    volume.attachments.push(attachment);
    volume.state = 'in-use';
    if (volume.attachments.length > 1 && !volume.shape.multiAttach) {
      world.note('double-attach', volume.id, instance.id);
    }
    world.later('attach', volume.id, async () => await appear(world, volume, instance, attachment));
    return attachmentAnswer(attachment);
  };
};

async function appear(
  world: World,
  volume: Volume,
  instance: Instance,
  attachment: Attachment,
): Promise<void> {
  if (attachment.state !== 'attaching' || !volume.attachments.includes(attachment)) return;
  // A stopped instance sees it when it starts.
  if (instance.state === 'running') await world.plugIn(volume, attachment);
  if (attachment.state === 'attaching') attachment.state = 'attached';
}

function checkFree(world: World, volume: Volume, instance: Instance): void {
  const { attachments, shape, state, id } = volume;
  if (attachments.length > 0) {
    const here = attachments.some(({ instanceId }) => instanceId === instance.id);
    if (here || !shape.multiAttach) {
      if (!here) world.note('double-attach-refused', id, instance.id);
      throw refusal('VolumeInUse', `${id} is already attached to an instance`);
    }
    if (attachments.length >= MULTI_ATTACH_LIMIT) {
      const words = `The volume ${id} exceeds the limit of ${String(MULTI_ATTACH_LIMIT)} attachments`;
      throw refusal('AttachmentLimitExceeded', words);
    }
    return;
  }
  if (state !== 'available') throw refusal('IncorrectState', `${id} is not 'available'.`);
}

function checkPlace(world: World, instance: Instance, device: string): void {
  const present = world.attachmentsOf(instance.id);
  // sdf and xvdf are two names of one place.
  const place = placeOf(device);
  if (present.some((attachment) => placeOf(attachment.device) === place)) {
    const words = `Invalid value '${device}' for unixDevice. Attachment point ${device} is already in use`;
    throw refusal('InvalidParameterValue', words);
  }
  const facts = INSTANCE_TYPES[instance.type];
  const maximum = facts?.maximumAttachments ?? Infinity;
  // The network interface that every instance has takes one place where places are shared.
  const others = facts?.nitro === true && facts.limitType === 'shared' ? 1 : 0;
  if (present.length + others >= maximum) {
    const words = `Volume attachment limit exceeded: the maximum for instance '${instance.id}' is ${String(maximum)}`;
    throw refusal('AttachmentLimitExceeded', words);
  }
}

function placeOf(device: string): string {
  return device.replace('/dev/', '').replace(/^xvd/, 'sd');
}

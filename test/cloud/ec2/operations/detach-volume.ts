import type { DetachVolumeCommandInput } from '@aws-sdk/client-ec2';
import { refusal } from '../error.ts';
import { instanceOf, volumeOf } from '../look-up.ts';
import type { Attachment, Instance, Volume } from '../model.ts';
import type { World } from '../world.ts';
import type { Operation } from './operation.ts';
import { attachmentAnswer } from './volume-answer.ts';

/** DetachVolume: lasts until the instance has let go of the volume, unless force is used. */
export const detachVolume: Operation<DetachVolumeCommandInput> = (world, input) => {
  const volume = volumeOf(world, input.VolumeId ?? '');
  const attachment = attachmentFor(world, volume, input);
  const instance = instanceOf(world, attachment.instanceId);
  const forced = input.Force === true;
  if (volume.id === instance.rootVolumeId && instance.state !== 'stopped') {
    const words = `Unable to detach root volume '${volume.id}' from instance '${instance.id}'`;
    throw refusal('OperationNotPermitted', words);
  }
  const leaving = attachment.state === 'detaching' || attachment.state === 'busy';
  if (leaving && !forced) {
    throw refusal('IncorrectState', `Volume '${volume.id}' is in the '${attachment.state}' state.`);
  }
  return () => {
    if (forced && instance.state === 'running' && !instance.frozen) {
      world.note('forced-from-running', volume.id, instance.id);
    }
    attachment.state = 'detaching';
    attachment.forced ||= forced;
    world.later('detach', volume.id, async () => await vanish(world, volume, instance, attachment));
    return attachmentAnswer(attachment);
  };
};

/** The end of an attachment; also of what nobody asked to be detached, when an instance is terminated. */
export async function endAttachment(world: World, volume: Volume, attachment: Attachment): Promise<void> {
  await world.parts.bay.pullOut(attachment.instanceId, volume.id);
  const at = volume.attachments.indexOf(attachment);
  if (at !== -1) volume.attachments.splice(at, 1);
  if (volume.attachments.length === 0 && volume.state === 'in-use') volume.state = 'available';
}

async function vanish(
  world: World,
  volume: Volume,
  instance: Instance,
  attachment: Attachment,
): Promise<void> {
  if (!volume.attachments.includes(attachment)) return;
  if (instance.state === 'running' && !attachment.forced && (await keeps(world, volume, instance))) {
    if (attachment.state !== 'busy') world.note('detached-while-busy', volume.id, instance.id);
    attachment.state = 'busy';
    world.later('busy', volume.id, async () => await vanish(world, volume, instance, attachment));
    return;
  }
  await endAttachment(world, volume, attachment);
}

async function keeps(world: World, volume: Volume, instance: Instance): Promise<boolean> {
  return instance.frozen || (await world.parts.bay.isBusy(instance.id, volume.id));
}

function attachmentFor(world: World, volume: Volume, input: DetachVolumeCommandInput): Attachment {
  if (input.InstanceId !== undefined) instanceOf(world, input.InstanceId);
  if (volume.attachments.length === 0) {
    throw refusal('IncorrectState', `Volume '${volume.id}' is in the '${volume.state}' state.`);
  }
  if (volume.attachments.length > 1 && input.InstanceId === undefined) {
    throw refusal('MissingParameter', 'The request must contain the parameter instanceId');
  }
  const found = volume.attachments.find(
    ({ instanceId, device }) =>
      instanceId === (input.InstanceId ?? instanceId) && device === (input.Device ?? device),
  );
  if (found !== undefined) return found;
  const words = `The volume '${volume.id}' is not attached to instance '${String(input.InstanceId)}' as device '${String(input.Device)}'.`;
  throw refusal('InvalidAttachment.NotFound', words);
}

import type { DeleteVolumeCommandInput } from '@aws-sdk/client-ec2';
import { refusal } from '../error.ts';
import { volumeOf } from '../look-up.ts';
import type { Volume } from '../model.ts';
import type { World } from '../world.ts';
import { DONE, type Operation } from './operation.ts';

/** DeleteVolume: `deleting` for a while, then gone with all it held. */
export const deleteVolume: Operation<DeleteVolumeCommandInput> = (world, input) => {
  const volume = volumeOf(world, input.VolumeId ?? '');
  const [attachment] = volume.attachments;
  if (attachment !== undefined) {
    world.note('delete-refused', volume.id, attachment.instanceId);
    throw refusal('VolumeInUse', `Volume ${volume.id} is currently attached to ${attachment.instanceId}`);
  }
  if (volume.state !== 'available' && volume.state !== 'error') {
    throw refusal('IncorrectState', `The volume '${volume.id}' is '${volume.state}'.`);
  }
  return () => {
    removeVolume(world, volume);
    return DONE;
  };
};

/** What happens to a volume that is deleted, or whose instance takes it along. */
export function removeVolume(world: World, volume: Volume): void {
  volume.state = 'deleting';
  world.later('delete', volume.id, async () => {
    world.volumes.delete(volume.id);
    await world.parts.store.remove(volume.id);
  });
}

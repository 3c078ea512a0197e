import type { DescribeVolumesModificationsCommandInput, ModifyVolumeCommandInput } from '@aws-sdk/client-ec2';
import { refusal } from '../error.ts';
import { applyFilters, type FilterTable } from '../filters.ts';
import { volumeOf, volumesOf } from '../look-up.ts';
import type { Modification, Volume, VolumeShape } from '../model.ts';
import { pageOf } from '../paging.ts';
import { shapeOf } from '../volume-rules.ts';
import { GIBIBYTE, type World } from '../world.ts';
import type { XmlValue } from '../xml.ts';
import type { Operation } from './operation.ts';

/** ModifyVolume: the new size is there when the modification is `optimizing`. */
export const modifyVolume: Operation<ModifyVolumeCommandInput> = (world, input) => {
  const volume = volumeOf(world, input.VolumeId ?? '');
  if (volume.state !== 'available' && volume.state !== 'in-use') {
    throw refusal('IncorrectState', `The volume '${volume.id}' is '${volume.state}'.`);
  }
  const target = targetOf(volume, input);
  checkPause(world, volume);
  return () => {
    const modification: Modification = {
      volumeId: volume.id,
      sequence: world.nextSequence(),
      before: volume.shape,
      target,
      startedAt: world.now,
      state: 'modifying',
      progress: 0,
      endedAt: undefined,
    };
    world.modifications.push(modification);
    world.later('modify', volume.id, async () => await apply(world, volume, modification));
    return { volumeModification: modificationAnswer(modification) };
  };
};

function targetOf(volume: Volume, input: ModifyVolumeCommandInput): VolumeShape {
  const { shape } = volume;
  const { Size, VolumeType, Iops, Throughput, MultiAttachEnabled } = input;
  if ([Size, VolumeType, Iops, Throughput, MultiAttachEnabled].every((asked) => asked === undefined)) {
    throw refusal('InvalidParameterCombination', 'No modification parameters were given');
  }
  if (Size !== undefined && Size < shape.sizeGib) {
    throw refusal('InvalidParameterValue', 'New size cannot be smaller than existing size');
  }
  const type = VolumeType ?? shape.type;
  const kept = type === shape.type && type !== 'gp2';
  // A new type of these starts with 3,000, also where a creation must name a number.
  const preset = ['io1', 'io2', 'gp3'].includes(type) ? 3_000 : undefined;
  const asked = {
    VolumeType: type,
    Iops: Iops ?? (kept ? shape.iops : preset),
    Throughput: Throughput ?? (kept ? shape.throughput : undefined),
    MultiAttachEnabled: MultiAttachEnabled ?? shape.multiAttach,
  };
  return shapeOf(asked, Size ?? shape.sizeGib);
}

function checkPause(world: World, volume: Volume): void {
  const last = world.modifications.findLast(({ volumeId }) => volumeId === volume.id);
  if (last === undefined || last.state === 'failed') return;
  if (last.state !== 'completed') {
    const words = `Cannot modify volume ${volume.id}: it is currently being modified (${last.state}).`;
    throw refusal('IncorrectModificationState', words);
  }
  if (world.now - last.startedAt < world.parts.modificationPauseMs) {
    const words =
      "You've reached the maximum modification rate per volume limit. Wait at least 6 hours between modifications per EBS volume.";
    throw refusal('VolumeModificationRateExceeded', words);
  }
}

async function apply(world: World, volume: Volume, modification: Modification): Promise<void> {
  if (world.failingModifications.delete(volume.id)) {
    modification.state = 'failed';
    modification.endedAt = world.now;
    return;
  }
  const bytes = modification.target.sizeGib * GIBIBYTE;
  await world.parts.store.grow(volume.id, bytes);
  volume.shape = modification.target;
  for (const { instanceId } of volume.attachments)
    await world.parts.bay.resized(instanceId, volume.id, bytes);
  modification.state = 'optimizing';
  modification.progress = 50;
  world.later('optimize', volume.id, () => {
    modification.state = 'completed';
    modification.progress = 100;
    modification.endedAt = world.now;
  });
}

const FILTERS: FilterTable<Modification> = {
  'volume-id': ({ volumeId }) => [volumeId],
  'modification-state': ({ state }) => [state],
  'original-size': ({ before }) => [before.sizeGib],
  'original-iops': ({ before }) => [before.iops],
  'original-volume-type': ({ before }) => [before.type],
  'target-size': ({ target }) => [target.sizeGib],
  'target-iops': ({ target }) => [target.iops],
  'target-volume-type': ({ target }) => [target.type],
  'start-time': ({ startedAt }) => [new Date(startedAt).toISOString()],
};

/** DescribeVolumesModifications: the latest of each volume. */
export const describeVolumesModifications: Operation<DescribeVolumesModificationsCommandInput> = (
  world,
  input,
) => {
  const named = (input.VolumeIds ?? []).length > 0;
  const ids = volumesOf(world, input.VolumeIds).map(({ id }) => id);
  const latest = ids.flatMap((id) => {
    const found = world.modifications.findLast(({ volumeId }) => volumeId === id);
    if (found !== undefined) return [found];
    if (!named) return [];
    throw refusal('InvalidVolumeModification.NotFound', `Modification for volume '${id}' does not exist.`);
  });
  const found = applyFilters(input.Filters, latest, FILTERS, () => new Map());
  const page = pageOf(world, 'DescribeVolumesModifications', input, named, found);
  return () => ({ volumeModificationSet: page.items.map(modificationAnswer), nextToken: page.nextToken });
};

function modificationAnswer(modification: Modification): XmlValue {
  const { before, target, endedAt } = modification;
  return {
    volumeId: modification.volumeId,
    modificationState: modification.state,
    statusMessage: modification.state === 'failed' ? 'The modification failed.' : undefined,
    targetSize: target.sizeGib,
    targetIops: target.iops,
    targetVolumeType: target.type,
    targetThroughput: target.throughput,
    targetMultiAttachEnabled: target.multiAttach,
    originalSize: before.sizeGib,
    originalIops: before.iops,
    originalVolumeType: before.type,
    originalThroughput: before.throughput,
    originalMultiAttachEnabled: before.multiAttach,
    progress: modification.progress,
    startTime: new Date(modification.startedAt),
    endTime: endedAt === undefined ? undefined : new Date(endedAt),
  };
}

import type { CreateVolumeCommandInput } from '@aws-sdk/client-ec2';
import { type Ec2Error, refusal } from '../error.ts';
import { snapshotOf } from '../look-up.ts';
import type { Snapshot, Volume } from '../model.ts';
import { tagsFor } from '../tag-rules.ts';
import { shapeOf } from '../volume-rules.ts';
import { GIBIBYTE, type World } from '../world.ts';
import type { XmlValue } from '../xml.ts';
import type { Operation } from './operation.ts';
import { keyArn, volumeAnswer } from './volume-answer.ts';

/** CreateVolume: repeated with the same client token it gives the same volume. */
export const createVolume: Operation<CreateVolumeCommandInput> = (world, input) => {
  const { ClientToken: token, DryRun: _dryRun, ...rest } = input;
  const fingerprint = JSON.stringify(Object.entries(rest).toSorted(([a], [b]) => (a < b ? -1 : 1)));
  const known = token === undefined ? undefined : world.tokens.get(token);
  if (known !== undefined) {
    if (known.fingerprint !== fingerprint) throw mismatch();
    // Also when the volume has been deleted since: the token stands for that one.
    return () => known.answer;
  }
  const zone = input.AvailabilityZone ?? '';
  if (!world.parts.zones.includes(zone)) {
    throw refusal('InvalidZone.NotFound', `The zone '${zone}' does not exist.`);
  }
  const snapshot = input.SnapshotId === undefined ? undefined : sourceOf(world, input.SnapshotId);
  const shape = shapeOf(input, sizeFor(input.Size, snapshot));
  if (input.KmsKeyId !== undefined && input.Encrypted !== true) {
    const words = 'The parameter KmsKeyId requires the parameter Encrypted to be set.';
    throw refusal('InvalidParameterDependency', words);
  }
  const tags = tagsFor('volume', input.TagSpecifications);
  return async () => {
    const encrypted = input.Encrypted === true || snapshot?.encrypted === true;
    const volume: Volume = {
      ...world.newResource('vol'),
      zone,
      shape,
      tags,
      encrypted,
      snapshotId: snapshot?.id ?? '',
      createdAt: world.now,
      kmsKeyId: encrypted ? keyArn(world, input.KmsKeyId ?? 'alias/aws/ebs') : undefined,
      state: 'creating',
      attachments: [],
    };
    const answer = volumeAnswer(volume);
    if (token !== undefined) world.tokens.set(token, { fingerprint, answer });
    await fill(world, volume, snapshot);
    return answer;
  };
};

async function fill(world: World, volume: Volume, snapshot: Snapshot | undefined): Promise<XmlValue> {
  const bytes = volume.shape.sizeGib * GIBIBYTE;
  world.volumes.set(volume.id, volume);
  if (snapshot === undefined) world.parts.store.create(volume.id, bytes);
  else await world.parts.store.copy(snapshot.id, volume.id, bytes);
  world.later('create', volume.id, async () => {
    if (volume.state !== 'creating') return;
    if (hasKey(world, volume)) volume.state = 'available';
    else {
      // A wrong key is noticed only now: the volume vanishes without a word.
      world.volumes.delete(volume.id);
      await world.parts.store.remove(volume.id);
    }
  });
  return undefined;
}

function hasKey(world: World, { kmsKeyId }: Volume): boolean {
  if (kmsKeyId === undefined) return true;
  return ['alias/aws/ebs', ...world.parts.kmsKeys].some((key) => keyArn(world, key) === kmsKeyId);
}

function sourceOf(world: World, id: string): Snapshot {
  const snapshot = snapshotOf(world, id);
  if (snapshot.state === 'completed') return snapshot;
  throw refusal('IncorrectState', `Snapshot is in invalid state - ${snapshot.state}`);
}

function sizeFor(asked: number | undefined, snapshot: Snapshot | undefined): number {
  const size = asked ?? snapshot?.sizeGib;
  if (size === undefined)
    throw refusal('MissingParameter', 'The request must contain the parameter size/snapshot');
  if (snapshot !== undefined && size < snapshot.sizeGib) {
    throw refusal(
      'InvalidParameterValue',
      `Volume size must not be smaller than the snapshot's ${String(snapshot.sizeGib)}GiB`,
    );
  }
  return size;
}

function mismatch(): Ec2Error {
  const words =
    'The client token you have provided is associated with a resource with a different set of parameters.';
  return refusal('IdempotentParameterMismatch', words);
}

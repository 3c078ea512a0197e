import type { World } from '../world.ts';
import { attachVolume } from './attach-volume.ts';
import { createVolume } from './create-volume.ts';
import { deleteVolume } from './delete-volume.ts';
import { describeVolumes } from './describe-volumes.ts';
import { detachVolume } from './detach-volume.ts';
import { describeAvailabilityZones, describeInstances, describeInstanceTypes } from './instances.ts';
import { describeVolumesModifications, modifyVolume } from './modify-volume.ts';
import type { Operation } from './operation.ts';
import { createSnapshot, deleteSnapshot, describeSnapshots } from './snapshots.ts';
import { createTags, deleteTags, describeTags } from './tags.ts';

// Each gets what the definition made of the request, which is what the SDK's types say.
const TABLE: Readonly<Record<string, Operation<never>>> = {
  AttachVolume: attachVolume,
  CreateSnapshot: createSnapshot,
  CreateTags: createTags,
  CreateVolume: createVolume,
  DeleteSnapshot: deleteSnapshot,
  DeleteTags: deleteTags,
  DeleteVolume: deleteVolume,
  DescribeAvailabilityZones: describeAvailabilityZones,
  DescribeInstances: describeInstances,
  DescribeInstanceTypes: describeInstanceTypes,
  DescribeSnapshots: describeSnapshots,
  DescribeTags: describeTags,
  DescribeVolumes: describeVolumes,
  DescribeVolumesModifications: describeVolumesModifications,
  DetachVolume: detachVolume,
  ModifyVolume: modifyVolume,
};

/** Checks a request that the definition has found right. What is given carries it out. */
export function prepare(world: World, operation: string, input: unknown): ReturnType<Operation<unknown>> {
  const found = TABLE[operation];
  if (found === undefined) throw new Error(`${operation} is defined but not done`);
  return found(world, input as never);
}

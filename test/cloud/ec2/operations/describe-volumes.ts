import type { DescribeVolumesCommandInput } from '@aws-sdk/client-ec2';
import { applyFilters, type FilterTable } from '../filters.ts';
import { volumesOf } from '../look-up.ts';
import type { Volume } from '../model.ts';
import { pageOf } from '../paging.ts';
import type { Operation } from './operation.ts';
import { volumeAnswer } from './volume-answer.ts';

/** The filters of DescribeVolumes, as its reference lists them. */
const FILTERS: FilterTable<Volume> = {
  'attachment.attach-time': (volume) =>
    volume.attachments.map(({ attachedAt }) => new Date(attachedAt).toISOString()),
  'attachment.delete-on-termination': (volume) => volume.attachments.map((one) => one.deleteOnTermination),
  'attachment.device': (volume) => volume.attachments.map(({ device }) => device),
  'attachment.instance-id': (volume) => volume.attachments.map(({ instanceId }) => instanceId),
  'attachment.status': (volume) => volume.attachments.map(({ state }) => state),
  'availability-zone': ({ zone }) => [zone],
  'create-time': ({ createdAt }) => [new Date(createdAt).toISOString()],
  encrypted: ({ encrypted }) => [encrypted],
  'multi-attach-enabled': ({ shape }) => [shape.multiAttach],
  size: ({ shape }) => [shape.sizeGib],
  'snapshot-id': ({ snapshotId }) => [snapshotId],
  status: ({ state }) => [state],
  'volume-id': ({ id }) => [id],
  'volume-type': ({ shape }) => [shape.type],
};

/** DescribeVolumes. */
export const describeVolumes: Operation<DescribeVolumesCommandInput> = (world, input) => {
  const volumes = volumesOf(world, input.VolumeIds);
  const found = applyFilters(input.Filters, volumes, FILTERS, ({ tags }) => tags);
  const page = pageOf(world, 'DescribeVolumes', input, (input.VolumeIds ?? []).length > 0, found);
  return () => ({ volumeSet: page.items.map(volumeAnswer), nextToken: page.nextToken });
};

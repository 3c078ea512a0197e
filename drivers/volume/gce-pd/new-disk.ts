import { StowageError } from '../../../plugin/core/errors.ts';
import type { NewDisk } from '../block/cloud.ts';
import type { GceOptions } from './options.ts';
import { labelsLeft, labelsOf } from './record-labels.ts';
import { gibibytes, volumeTypeOf } from './volume-types.ts';

/** A disk in GCE's words. */
export interface DiskResource {
  readonly name: string;
  readonly type: string;
  readonly description: string;
  readonly labels: Record<string, string>;
  readonly sizeGb?: number;
  readonly sourceSnapshot?: string;
  readonly provisionedIops?: number;
  readonly provisionedThroughput?: number;
  readonly accessMode?: string;
  readonly diskEncryptionKey?: { readonly kmsKeyName: string };
}

/** The disk that a volume asks for. E_INVALID_OPTION when its options are longer than labels can carry. */
export function newDisk(
  { record, options, zone, snapshot }: NewDisk<GceOptions>,
  name: string,
  cluster: string,
): DiskResource {
  const { size, iops, throughput, kmsKeyId, tags, readOnly } = options;
  if (labelsLeft(record.given, tags.length) < 0)
    throw new StowageError(
      'E_INVALID_OPTION',
      'the options are longer than the labels of a GCE disk can carry',
    );
  const type = volumeTypeOf(options);
  return {
    name,
    type: `zones/${zone}/diskTypes/${type}`,
    description: `Stowage: volume ${record.name} of cluster ${cluster}`,
    labels: {
      ...Object.fromEntries(tags.map(({ key, value }) => [key, value])),
      ...labelsOf(record, cluster),
    },
    ...(size !== undefined && { sizeGb: gibibytes(size) }),
    ...(snapshot !== undefined && { sourceSnapshot: `global/snapshots/${snapshot}` }),
    ...(iops !== undefined && { provisionedIops: iops }),
    ...(throughput !== undefined && { provisionedThroughput: throughput }),
    ...(kmsKeyId !== undefined && { diskEncryptionKey: { kmsKeyName: kmsKeyId } }),
    // The one type that many machines may read at once, but only if it is made for that.
    ...(readOnly && type === 'hyperdisk-ml' && { accessMode: 'READ_ONLY_MANY' }),
  };
}

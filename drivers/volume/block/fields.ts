import type * as z from 'zod';
import { listField, sizeField, volumeNameField, wordField } from '../../../plugin/core/option-fields.ts';
import type { OptionFields } from '../../../plugin/core/options.ts';
import { formatFields, ownerFields, reclaimSpellings } from './common-fields.ts';
import { FILE_SYSTEM_OPTIONS } from './mount-options.ts';
import type { BlockOptions } from './options.ts';
import { booleanField, countField, tagsField } from './values.ts';

/** What differs between clouds in the fields that all have. */
export interface BlockWords {
  readonly volumeTypes: readonly [string, ...string[]];
  readonly zone: z.ZodType<string, string>;
  readonly snapshot: z.ZodType<string, string>;
  readonly kmsKeyId: z.ZodType<string, string>;
  readonly volumeId: z.ZodType<string, string>;
}

/** The fields of every cloud's disks. */
export function blockFields(words: BlockWords): OptionFields<BlockOptions> {
  return {
    ...mountFields(),
    ...formatFields,
    ...ownerFields,
    ...diskFields(words),
    ...performanceFields(words),
    ...originFields(words),
    ...policyFields(),
  };
}

type Fields<Name extends keyof BlockOptions> = Pick<OptionFields<BlockOptions>, Name>;

function mountFields(): Fields<'mountOptions' | 'partition' | 'readOnly'> {
  return {
    mountOptions: {
      schema: listField(Object.values(FILE_SYSTEM_OPTIONS).flat(), 'mount option'),
      aliases: ['o', 'mountopts'],
      help: 'Comma-separated mount options, e.g. `noatime,discard`. An allow list per file system.',
      inherited: true,
      changeable: true,
    },
    partition: {
      schema: countField,
      aliases: [],
      help: 'Number of the partition to use, for a disk that was made elsewhere (`volumeId`, `snapshot`).',
      inherited: true,
    },
    readOnly: {
      schema: booleanField,
      aliases: ['ro'],
      help: '`true`: attached and mounted read-only; with a disk type that several machines may attach, on all of them at once.',
    },
  };
}

function diskFields(
  words: BlockWords,
): Fields<'size' | 'encrypted' | 'kmsKeyId' | 'availabilityZone' | 'tags'> {
  return {
    size: {
      schema: sizeField,
      aliases: ['capacity', 'quota'],
      help: 'Size of the disk, e.g. `20GiB` (a bare number is GiB). A larger size on a later create grows it, also in use.',
      inherited: true,
      growable: true,
      // A service that was written before the volume grew still says the old size, and must find it on another node.
      least: true,
    },
    encrypted: {
      schema: booleanField,
      aliases: ['encryption', 'secure'],
      help: '`true`: encrypted with the account’s key, or with `kmsKeyId`.',
      inherited: true,
    },
    kmsKeyId: {
      schema: words.kmsKeyId,
      aliases: ['encryptionKey', 'disk-encryption-kms-key'],
      help: 'Key to encrypt with; implies `encrypted=true`.',
      inherited: true,
    },
    availabilityZone: {
      schema: words.zone,
      aliases: ['zone', 'az'],
      help: 'Zone of the disk. Default: that of the machine which creates it.',
    },
    tags: {
      schema: tagsField,
      aliases: ['labels'],
      help: 'Tags of your own, `key=value,key=value`.',
      inherited: true,
    },
  };
}

function performanceFields(words: BlockWords): Fields<'volumeType' | 'iops' | 'throughput'> {
  return {
    volumeType: {
      schema: wordField(words.volumeTypes),
      aliases: ['type', 'ebstype', 'diskType'],
      help: `Type of the disk: ${words.volumeTypes.map((word) => `\`${word}\``).join(', ')}.`,
      inherited: true,
      changeable: true,
    },
    iops: {
      schema: countField,
      aliases: ['provisionedIops', 'provisioned-iops-on-create'],
      help: 'Provisioned I/O operations per second, for types that have them.',
      inherited: true,
      changeable: true,
    },
    throughput: {
      schema: countField,
      aliases: ['provisionedThroughput', 'provisioned-throughput-on-create'],
      help: 'Provisioned throughput in MiB/s, for types that have it.',
      inherited: true,
      changeable: true,
    },
  };
}

function originFields(words: BlockWords): Fields<'snapshot' | 'from' | 'volumeId'> {
  return {
    snapshot: {
      schema: words.snapshot,
      aliases: ['snapshotName', 'snapshotID', 'fromSnapshot'],
      help: 'Snapshot to restore.',
    },
    from: {
      schema: volumeNameField,
      aliases: ['parent', 'volumeName'],
      help: 'Name of a volume to clone, through a snapshot that is deleted afterwards. Nobody may be using it meanwhile.',
    },
    volumeId: {
      schema: words.volumeId,
      aliases: ['id', 'device'],
      help: 'A disk that exists already, by its ID or, as REX-Ray named it, by its name. It is never formatted and never deleted: `docker volume rm` only forgets it.',
    },
  };
}

function policyFields(): Fields<'reclaimPolicy' | 'preempt'> {
  return {
    reclaimPolicy: {
      schema: wordField(['delete', 'retain', 'snapshot']),
      ...reclaimSpellings,
      changeable: true,
      help: '`delete` (default); `retain`: `docker volume rm` keeps the disk, and a later create of the same name finds it again; `snapshot`: a last snapshot is taken and kept before the disk is deleted.',
    },
    preempt: {
      schema: wordField(['never', 'dead', 'always']),
      aliases: ['forceAttach'],
      translations: { forceAttach: { true: 'always', false: 'never' } },
      changeable: true,
      help: 'Whether a disk that another machine holds is taken from it: `never`; `dead` (default): when the cloud says that the machine is stopped or gone; `always`: what it has not written yet is lost.',
    },
  };
}

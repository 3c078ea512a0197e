import { defineOptions, type GivenOptions, type OptionSet } from '../../../plugin/core/options.ts';
import { blockFields } from '../block/fields.ts';
import { BLOCK_DEFAULTS, checkBlockOptions, type BlockOptions } from '../block/options.ts';
import { identifierField } from '../block/values.ts';
import { checkVolumeShape, VOLUME_TYPES } from './volume-types.ts';

/** What an EBS volume can be asked for. */
export type EbsOptions = BlockOptions;

/** The options of the EBS backend. The table in README.md says the same; a test holds the two together. */
export const ebsOptions: OptionSet<EbsOptions> = defineOptions<EbsOptions>(
  blockFields({
    volumeTypes: VOLUME_TYPES,
    zone: identifierField(
      /^[a-z]{2,3}(-[a-z]+)+-\d+[a-z]$|^[a-z0-9-]{3,40}$/,
      'an availability zone, e.g. eu-central-1a',
    ),
    snapshot: identifierField(
      /^(snap-[0-9a-f]{8,17}|[A-Za-z0-9][A-Za-z0-9_. -]{0,126})$/,
      'a snapshot ID, a snapshot’s name or a volume’s name',
    ),
    kmsKeyId: identifierField(
      /^(arn:aws[a-z-]*:kms:[a-z0-9-]+:\d{12}:(key|alias)\/[\w/-]{1,200}|alias\/[\w/-]{1,200}|[0-9a-f-]{36}|mrk-[0-9a-f]{32})$/,
      'a KMS key: its ID, alias/… or ARN',
    ),
    volumeId: identifierField(
      /^(vol-[0-9a-f]{8,17}|[A-Za-z0-9][A-Za-z0-9_.-]{0,127})$/,
      'a volume ID, or the name that REX-Ray gave it',
    ),
  }),
  { defaults: BLOCK_DEFAULTS, check: checkEbsOptions },
);

function checkEbsOptions(options: EbsOptions, given: GivenOptions): string | undefined {
  return checkBlockOptions(options, given) ?? checkVolumeShape(options);
}

import { defineOptions, type GivenOptions, type OptionSet } from '../../../plugin/core/options.ts';
import { blockFields } from '../block/fields.ts';
import { BLOCK_DEFAULTS, checkBlockOptions, type BlockOptions } from '../block/options.ts';
import { identifierField } from '../block/values.ts';
import { isOwnKey } from './record-labels.ts';
import { checkVolumeShape, VOLUME_TYPES } from './volume-types.ts';

/** What a disk of GCE can be asked for. */
export type GceOptions = BlockOptions;

/** The rest of the labels that GCE allows is Stowage's, which keeps the options there. */
const MOST_TAGS = 20;

const fields = blockFields({
  volumeTypes: VOLUME_TYPES,
  zone: identifierField(/^[a-z]+-[a-z]+\d+-[a-z0-9]{1,8}$/, 'a zone, e.g. europe-west3-a'),
  snapshot: identifierField(/^[A-Za-z0-9][A-Za-z0-9_.-]{0,127}$/, 'a snapshot’s name or a volume’s name'),
  kmsKeyId: identifierField(
    /^projects\/[a-z0-9.:-]{1,80}\/locations\/[a-z0-9-]{1,40}\/keyRings\/[\w-]{1,63}\/cryptoKeys\/[\w-]{1,63}(\/cryptoKeyVersions\/\d{1,9})?$/,
    'a key of Cloud KMS: projects/…/locations/…/keyRings/…/cryptoKeys/…',
  ),
  volumeId: identifierField(
    /^([a-z]+-[a-z]+\d+-[a-z0-9]{1,8}\/)?[a-z]([a-z0-9-]{0,61}[a-z0-9])?$/,
    'the name of a disk, or zone/name',
  ),
});

/** The options of the GCE backend. The table in README.md says the same; a test holds the two together. */
export const gceOptions: OptionSet<GceOptions> = defineOptions<GceOptions>(
  {
    ...fields,
    // GCE cannot make another type of a disk.
    volumeType: { ...fields.volumeType, changeable: false },
  },
  { defaults: { ...BLOCK_DEFAULTS, volumeType: VOLUME_TYPES[0] }, check: checkGceOptions },
);

function checkGceOptions(options: GceOptions, given: GivenOptions): string | undefined {
  return (
    checkBlockOptions(options, given) ??
    checkEncryption(options) ??
    checkTags(options) ??
    checkVolumeShape(options)
  );
}

function checkEncryption({ encrypted }: GceOptions): string | undefined {
  return encrypted === false ? 'encrypted=false cannot be had: GCE encrypts every disk' : undefined;
}

/** Labels are narrower than the tags of other clouds. */
function checkTags({ tags }: GceOptions): string | undefined {
  if (tags.length > MOST_TAGS) return `tags has ${String(tags.length)}; a disk takes ${String(MOST_TAGS)}`;
  for (const { key, value } of tags) {
    if (isOwnKey(key)) return `tags has ${JSON.stringify(key)}; Stowage keeps such labels for itself`;
    if (!/^[a-z][a-z0-9_-]{0,62}$/.test(key) || !/^[a-z0-9_-]{0,63}$/.test(value))
      return `tags has ${JSON.stringify(`${key}=${value}`.slice(0, 80))}, which is no label of GCE: at most 63 of a-z, 0-9, "_" and "-" on each side, a letter first`;
  }
  return undefined;
}

import { refusal } from './error.ts';
import type { Tags } from './model.ts';

/** A tag as it is asked for. */
export interface AskedTag {
  readonly Key?: string | undefined;
  readonly Value?: string | undefined;
}

const MAXIMUM_TAGS = 50;
const MAXIMUM_KEY = 128;
const MAXIMUM_VALUE = 256;
const RESERVED = /^aws:/i;

/**
 * Tags that a resource would have with these added.
 *
 * @throws Ec2Error for what AWS refuses; nothing is changed then
 */
export function withTags(tags: Tags, asked: readonly AskedTag[]): Tags {
  const keys = asked.map(({ Key }) => Key);
  const twice = keys.find((key, index) => keys.indexOf(key) !== index);
  if (twice !== undefined) throw refusal('InvalidParameterValue', `Duplicate tag key '${twice}' specified.`);
  const result = new Map(tags);
  for (const { Key: key, Value: value = '' } of asked) {
    if (key === undefined || key === '')
      throw refusal('MissingParameter', 'The request must contain the parameter Tag.Key');
    checkTag(key, value);
    result.set(key, value);
  }
  // AWS's own tags do not count.
  if ([...result.keys()].filter((key) => !RESERVED.test(key)).length > MAXIMUM_TAGS) {
    throw refusal('TagLimitExceeded', `The maximum number of Tags for a resource has been reached.`);
  }
  return result;
}

function checkTag(key: string, value: string): void {
  if (RESERVED.test(key)) {
    throw refusal('InvalidParameterValue', `Tag keys starting with 'aws:' are reserved for internal use`);
  }
  if (key.length > MAXIMUM_KEY) {
    throw refusal(
      'InvalidParameterValue',
      `Tag key exceeds the maximum length of ${String(MAXIMUM_KEY)} characters`,
    );
  }
  if (value.length > MAXIMUM_VALUE) {
    throw refusal(
      'InvalidParameterValue',
      `Tag value exceeds the maximum length of ${String(MAXIMUM_VALUE)} characters`,
    );
  }
}

/** What a creating call wants its new resource tagged with. */
export function tagsFor(
  resourceType: string,
  specifications: readonly {
    ResourceType?: string | undefined;
    Tags?: readonly AskedTag[] | undefined;
  }[] = [],
): Tags {
  for (const specification of specifications) {
    if (specification.ResourceType === resourceType) continue;
    const words = `'${String(specification.ResourceType)}' is not a valid taggable resource type for this operation.`;
    throw refusal('InvalidParameterValue', words);
  }
  return withTags(
    new Map(),
    specifications.flatMap(({ Tags: tags = [] }) => tags),
  );
}

/** Tags in the way answers carry them. */
export function tagSet(tags: Tags): { key: string; value: string }[] | undefined {
  return tags.size === 0 ? undefined : [...tags].map(([key, value]) => ({ key, value }));
}

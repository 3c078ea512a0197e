import type {
  CreateTagsCommandInput,
  DeleteTagsCommandInput,
  DescribeTagsCommandInput,
} from '@aws-sdk/client-ec2';
import { refusal } from '../error.ts';
import { applyFilters, type FilterTable } from '../filters.ts';
import { instanceOf, snapshotOf, volumeOf } from '../look-up.ts';
import type { Resource, Tags } from '../model.ts';
import { pageOf } from '../paging.ts';
import { withTags } from '../tag-rules.ts';
import type { World } from '../world.ts';
import { DONE, type Operation } from './operation.ts';

/** CreateTags: on all of the resources or on none. */
export const createTags: Operation<CreateTagsCommandInput> = (world, input) => {
  const changes = (input.Resources ?? []).map((id) => {
    const { tags } = resourceOf(world, id);
    return { tags, result: withTags(tags, input.Tags ?? []) };
  });
  return () => {
    for (const { tags, result } of changes) replace(tags, result);
    return DONE;
  };
};

/** DeleteTags: without tags all of them; with a value only where it is that value. */
export const deleteTags: Operation<DeleteTagsCommandInput> = (world, input) => {
  const all = (input.Resources ?? []).map((id) => resourceOf(world, id).tags);
  return () => {
    for (const tags of all) {
      const keys = input.Tags?.map(({ Key }) => ({ Key })) ?? [...tags.keys()].map((Key) => ({ Key }));
      for (const { Key: key = '' } of keys) {
        const value = input.Tags?.find((tag) => tag.Key === key)?.Value;
        if (value === undefined || tags.get(key) === value) tags.delete(key);
      }
    }
    return DONE;
  };
};

function replace(tags: Tags, result: Tags): void {
  for (const [key, value] of result) tags.set(key, value);
}

function resourceOf(world: World, id: string): Resource {
  if (id.startsWith('vol-')) return volumeOf(world, id);
  if (id.startsWith('snap-')) return snapshotOf(world, id);
  if (id.startsWith('i-')) return instanceOf(world, id);
  throw refusal('InvalidID', `The ID '${id}' is not valid`);
}

interface TagOfResource {
  readonly sequence: number;
  readonly key: string;
  readonly value: string;
  readonly resourceId: string;
  readonly resourceType: string;
}

const FILTERS: FilterTable<TagOfResource> = {
  key: ({ key }) => [key],
  value: ({ value }) => [value],
  'resource-id': ({ resourceId }) => [resourceId],
  'resource-type': ({ resourceType }) => [resourceType],
};

/** DescribeTags. */
export const describeTags: Operation<DescribeTagsCommandInput> = (world, input) => {
  const all = [
    ...list(world.volumes, 'volume'),
    ...list(world.snapshots, 'snapshot'),
    ...list(world.instances, 'instance'),
  ].map((tag, index) => ({ ...tag, sequence: index + 1 }));
  const found = applyFilters(input.Filters, all, FILTERS, ({ key, value }) => new Map([[key, value]]));
  const page = pageOf(world, 'DescribeTags', input, false, found);
  return () => ({
    tagSet: page.items.map(({ sequence: _sequence, ...tag }) => tag),
    nextToken: page.nextToken,
  });
};

function list(
  resources: ReadonlyMap<string, Resource>,
  resourceType: string,
): Omit<TagOfResource, 'sequence'>[] {
  return [...resources.values()].flatMap(({ id, tags }) =>
    [...tags].map(([key, value]) => ({ resourceId: id, resourceType, key, value })),
  );
}

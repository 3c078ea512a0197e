import { refusal } from './error.ts';
import type { Tags } from './model.ts';

/** A filter as it is asked for. */
export interface AskedFilter {
  readonly Name?: string | undefined;
  readonly Values?: readonly string[] | undefined;
}

/** What a thing has of each property that can be filtered by; some have several of a kind. */
export type FilterTable<Item> = Readonly<
  Record<string, (item: Item) => readonly (string | number | boolean | undefined)[]>
>;

/** AWS's limit for one request. */
const MAXIMUM_VALUES = 200;

/**
 * Those that pass all filters. A filter is passed with any of its values, which may use `*` and `?`.
 *
 * @throws Ec2Error for a filter that there is not
 */
export function applyFilters<Item>(
  filters: readonly AskedFilter[] | undefined,
  items: readonly Item[],
  table: FilterTable<Item>,
  tagsOf: (item: Item) => Tags,
): Item[] {
  const all = filters ?? [];
  if (all.reduce((count, { Values }) => count + (Values?.length ?? 0), 0) > MAXIMUM_VALUES) {
    throw refusal('FilterLimitExceeded', `The maximum number of filter values is ${String(MAXIMUM_VALUES)}`);
  }
  const tests = all.map((filter) => testOf(filter, table, tagsOf));
  return items.filter((item) => tests.every((test) => test(item)));
}

function testOf<Item>(
  { Name: name = '', Values: values }: AskedFilter,
  table: FilterTable<Item>,
  tagsOf: (item: Item) => Tags,
): (item: Item) => boolean {
  const read = readerOf(name, table, tagsOf);
  if (read === undefined) throw refusal('InvalidParameterValue', `The filter '${name}' is invalid`);
  if (values === undefined || values.length === 0) {
    throw refusal('InvalidParameterValue', `The filter '${name}' must have at least one value`);
  }
  const patterns = values.map(patternOf);
  return (item) => read(item).some((has) => patterns.some((pattern) => pattern.test(String(has))));
}

function readerOf<Item>(
  name: string,
  table: FilterTable<Item>,
  tagsOf: (item: Item) => Tags,
): FilterTable<Item>[string] | undefined {
  if (name.startsWith('tag:')) {
    const key = name.slice('tag:'.length);
    return (item) => [tagsOf(item).get(key)].filter((value) => value !== undefined);
  }
  if (name === 'tag-key') return (item) => [...tagsOf(item).keys()];
  const read = Object.hasOwn(table, name) ? table[name] : undefined;
  return read && ((item) => read(item).filter((value) => value !== undefined));
}

/** `*` is any text, `?` one character; a backslash takes its meaning from the next character. */
function patternOf(value: string): RegExp {
  const source = value.replace(/\\[\s\S]|[\s\S]/g, (part) => {
    if (part === '*') return '[\\s\\S]*';
    if (part === '?') return '[\\s\\S]';
    const plain = part.startsWith('\\') && part.length === 2 ? part.slice(1) : part;
    return plain.replace(/[$()*+.?[\\\]^{|}/-]/, '\\$&');
  });
  return new RegExp(`^${source}$`);
}

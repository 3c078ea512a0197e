import { invalid } from './error.ts';
import { parseFilter } from './filter.ts';

/** One page, and how to ask for the next. */
export interface Page<Item> {
  readonly items: readonly Item[];
  readonly nextPageToken?: string;
}

const LARGEST_PAGE = 500;

/**
 * The page that a list request asks for: what its filter lets through, in the order of `keyOf`.
 *
 * @throws GceError for a filter, size or token that cannot be
 */
export function pageOf<Item extends object>(
  all: readonly Item[],
  query: Readonly<Record<string, string>>,
  keyOf: (item: Item) => string,
): Page<Item> {
  const wanted = all.filter(parseFilter(query['filter'] ?? ''));
  const after = afterOf(query['pageToken']);
  const rest = wanted
    .toSorted((left, right) => (keyOf(left) < keyOf(right) ? -1 : 1))
    .filter((item) => after === undefined || keyOf(item) > after);
  const size = sizeOf(query['maxResults']);
  const items = rest.slice(0, size);
  const last = items.at(-1);
  if (last === undefined || rest.length <= size) return { items };
  // What the token holds is nobody's business: a caller that makes one up is refused.
  return { items, nextPageToken: Buffer.from(`after:${keyOf(last)}`).toString('base64url') };
}

function sizeOf(maxResults: string | undefined): number {
  const size = Number(maxResults ?? LARGEST_PAGE);
  if (size <= LARGEST_PAGE) return size === 0 ? LARGEST_PAGE : size;
  throw invalid('maxResults', size, `Values must be within the range: [0, ${String(LARGEST_PAGE)}]`);
}

function afterOf(token: string | undefined): string | undefined {
  if (token === undefined || token === '') return undefined;
  const text = Buffer.from(token, 'base64url').toString();
  if (!text.startsWith('after:')) throw invalid('pageToken', token, 'The page token is not valid.');
  return text.slice('after:'.length);
}

import { refusal } from './error.ts';
import type { World } from './world.ts';

/** How a describe asks for a part of the list. */
export interface AskedPage {
  readonly MaxResults?: number | undefined;
  readonly NextToken?: string | undefined;
}

/** A part of a list, and what asks for the rest. */
export interface Page<Item> {
  readonly items: readonly Item[];
  readonly nextToken: string | undefined;
}

const SMALLEST = 5;
const LARGEST = 1_000;
/** Tokens say where they are from, so that one of another list is refused. */
const SEPARATOR = ' ';

/**
 * The part of a list that is asked for. Without MaxResults it is the whole list, as with EC2's older describes; a page
 * never has more than 1,000.
 *
 * @param named the things are asked for by their IDs, which excludes paging
 */
export function pageOf<Item extends { readonly sequence: number }>(
  world: World,
  operation: string,
  asked: AskedPage,
  named: boolean,
  items: readonly Item[],
): Page<Item> {
  if (asked.MaxResults === undefined && asked.NextToken === undefined) return { items, nextToken: undefined };
  if (named && asked.MaxResults !== undefined) {
    throw refusal('InvalidParameterCombination', 'The parameter maxResults cannot be used together with IDs');
  }
  const size = sizeOf(asked.MaxResults ?? LARGEST);
  const start = asked.NextToken === undefined ? 0 : readToken(operation, asked.NextToken);
  const rest = items.filter(({ sequence }) => sequence > start).toSorted((a, b) => a.sequence - b.sequence);
  const length = world.parts.shortPages && rest.length > 1 ? world.parts.random.below(size + 1) : size;
  const page = rest.slice(0, length);
  const last = page.at(-1)?.sequence ?? start;
  return { items: page, nextToken: page.length < rest.length ? writeToken(operation, last) : undefined };
}

function sizeOf(asked: number): number {
  if (asked < SMALLEST) {
    const words = `Value ( ${String(asked)} ) for parameter maxResults is invalid. Expecting a value greater than ${String(SMALLEST)}.`;
    throw refusal('InvalidParameterValue', words);
  }
  return Math.min(asked, LARGEST);
}

function writeToken(operation: string, sequence: number): string {
  return Buffer.from([operation, String(sequence)].join(SEPARATOR)).toString('base64');
}

function readToken(operation: string, token: string): number {
  const [from, sequence] = Buffer.from(token, 'base64').toString().split(SEPARATOR);
  if (from === operation && /^\d+$/.test(sequence ?? '')) return Number(sequence);
  throw refusal('InvalidParameterValue', 'Unable to parse pagination token');
}

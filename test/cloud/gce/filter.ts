import { invalid } from './error.ts';
import { scalarText } from './scalar.ts';

/** Decides whether a resource, as it is shown, is asked for. */
export type Filter = (resource: object) => boolean;

const TOKEN =
  /\s*(?:([()])|([\w.-]+)\s*(!=|>=|<=|=|<|>|:|\s(?:eq|ne)\s)\s*("[^"]*"|'[^']*'|[^\s()]+)|(AND|OR|NOT)\b)/gy;

/**
 * Understands a filter: comparisons with `=`, `!=`, `<`, `>`, `<=`, `>=`, `:` (has, `:*` for any), and with the older
 * `eq` and `ne` (regular expressions), in parentheses, next to each other or joined by AND and OR. As everywhere at
 * Google, OR binds before AND.
 *
 * @throws GceError when it cannot be understood
 */
export function parseFilter(text: string): Filter {
  if (text.trim() === '') return () => true;
  const reader = new Reader(text);
  const filter = reader.sequence();
  reader.expectEnd();
  return filter;
}

interface Token {
  readonly text: string;
  readonly filter: Filter | undefined;
}

class Reader {
  readonly #text: string;
  readonly #tokens: Token[] = [];
  #at = 0;

  constructor(text: string) {
    this.#text = text;
    let end = 0;
    for (const match of text.matchAll(TOKEN)) {
      end = match.index + match[0].length;
      const [, parenthesis, field, operator, value, word] = match;
      this.#tokens.push({
        text: parenthesis ?? word ?? '',
        filter:
          field === undefined
            ? undefined
            : comparison(field, (operator ?? '').trim(), unquote(value ?? ''), () => this.#wrong()),
      });
    }
    if (text.slice(end).trim() !== '') throw this.#wrong();
  }

  sequence(): Filter {
    const parts = [this.#alternatives()];
    while (this.#at < this.#tokens.length && this.#next() !== ')') {
      if (this.#next() === 'AND') this.#at += 1;
      parts.push(this.#alternatives());
    }
    return (resource) => parts.every((part) => part(resource));
  }

  expectEnd(): void {
    if (this.#at < this.#tokens.length) throw this.#wrong();
  }

  #alternatives(): Filter {
    const parts = [this.#term()];
    while (this.#next() === 'OR') {
      this.#at += 1;
      parts.push(this.#term());
    }
    return (resource) => parts.some((part) => part(resource));
  }

  #term(): Filter {
    const token = this.#tokens[this.#at];
    this.#at += 1;
    if (token?.filter !== undefined) return token.filter;
    if (token?.text === 'NOT') {
      const negated = this.#term();
      return (resource) => !negated(resource);
    }
    if (token?.text !== '(') throw this.#wrong();
    const inner = this.sequence();
    if (this.#next() !== ')') throw this.#wrong();
    this.#at += 1;
    return inner;
  }

  #next(): string | undefined {
    return this.#tokens[this.#at]?.text;
  }

  #wrong(): Error {
    return invalid('filter', this.#text, 'Invalid list filter expression.');
  }
}

function unquote(value: string): string {
  return /^(["']).*\1$/s.test(value) ? value.slice(1, -1) : value;
}

function comparison(field: string, operator: string, wanted: string, wrong: () => Error): Filter {
  const compare = COMPARISONS[operator];
  if (compare === undefined) throw wrong();
  const path = pathOf(field);
  return (resource) => compare(valueAt(resource, path), wanted);
}

/** `labels.a.b` cannot be: keys of labels have no dots. */
function pathOf(field: string): readonly string[] {
  return field.split('.');
}

function valueAt(resource: object, path: readonly string[]): string | undefined {
  let value: unknown = resource;
  for (const key of path) value = (value as Record<string, unknown> | undefined)?.[key];
  return scalarText(value);
}

type Comparison = (value: string | undefined, wanted: string) => boolean;

const number =
  (compare: (left: number, right: number) => boolean): Comparison =>
  (value, wanted) =>
    value !== undefined && compare(Number(value), Number(wanted));

const COMPARISONS: Readonly<Record<string, Comparison>> = {
  '=': (value, wanted) => value === wanted,
  '!=': (value, wanted) => value !== wanted,
  '<': number((left, right) => left < right),
  '>': number((left, right) => left > right),
  '<=': number((left, right) => left <= right),
  '>=': number((left, right) => left >= right),
  ':': (value, wanted) => value !== undefined && (wanted === '*' || value.includes(wanted)),
  eq: (value, wanted) => value !== undefined && new RegExp(`^(?:${wanted})$`).test(value),
  ne: (value, wanted) => value === undefined || !new RegExp(`^(?:${wanted})$`).test(value),
};

import type { z } from 'zod';
import { clip, StowageError } from './errors.ts';
import { nearestName } from './nearest-name.ts';

/** One option of a backend. The schema is a codec: it decodes what users write and encodes the canonical spelling. */
export interface OptionField<Value> {
  readonly schema: z.ZodType<Value, string>;
  /** Peers' spellings. Case, `-` and `_` never matter. */
  readonly aliases: readonly string[];
  /** For aliases whose values mean something else: alias → its value → ours, all in lower case. */
  readonly translations?: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly help: string;
  /** A clone takes this option from its source unless it is given. */
  readonly inherited?: boolean;
  /** An existing volume accepts a larger value. */
  readonly growable?: boolean;
}

/** The options of a backend by canonical name. */
export type OptionFields<Options> = { readonly [Name in keyof Options]-?: OptionField<Exclude<Options[Name], undefined>> };

/** Options as they were given: canonical names and spellings, nothing added. This is what is stored and compared. */
export type GivenOptions = Readonly<Record<string, string>>;

/** What a user's options mean. */
export interface ParsedOptions<Options> {
  readonly given: GivenOptions;
  /** With defaults. */
  readonly effective: Options;
}

/** How an existing volume's options relate to those asked for. */
export type Comparison =
  | { readonly kind: 'equal' }
  | { readonly kind: 'larger' }
  | { readonly kind: 'different'; readonly difference: string };

/** The options of one backend: parse, compare, inherit. */
export interface OptionSet<Options> {
  readonly fields: Readonly<Record<string, OptionField<unknown>>>;
  /** Decodes; all faults are reported at once. E_INVALID_OPTION. */
  parse(raw: Readonly<Record<string, string>>): ParsedOptions<Options>;
  /** Compares only what was asked for: an option that is not mentioned is no wish. */
  compare(existing: GivenOptions, asked: GivenOptions): Comparison;
  /** The options of a clone: its own, and those of its source that a clone shares. */
  inherit(source: GivenOptions, own: GivenOptions): GivenOptions;
}

/** Cross-field rules and defaults of a backend. */
export interface OptionRules<Options> {
  readonly defaults: Options;
  /** What is wrong with the combination, in words, or undefined. */
  check(options: Options, given: GivenOptions): string | undefined;
}

function fold(name: string): string {
  return name.toLowerCase().replace(/[-_]/g, '');
}

/** Builds the option set of a backend from its fields and rules. */
export function defineOptions<Options extends object>(
  fields: OptionFields<Options>,
  rules: OptionRules<Options>,
): OptionSet<Options> {
  const table: Readonly<Record<string, OptionField<unknown>>> = fields;
  const canonicalNames = new Map<string, string>();
  for (const [name, field] of Object.entries(table)) {
    for (const spelling of [name, ...field.aliases]) canonicalNames.set(fold(spelling), name);
  }
  const spellings = Object.entries(table).flatMap(([name, field]) => [name, ...field.aliases]);

  const decodeAll = (raw: Readonly<Record<string, string>>): { given: Record<string, string>; values: Partial<Options> } => {
    const given: Record<string, string> = {};
    const values: Record<string, unknown> = {};
    const faults: string[] = [];
    for (const [key, text] of Object.entries(raw)) {
      const name = canonicalNames.get(fold(key));
      const field = name === undefined ? undefined : table[name];
      if (name === undefined || field === undefined) {
        faults.push(unknownOption(key, spellings, canonicalNames));
        continue;
      }
      const outcome = field.schema.safeDecode(translate(field, key, text.trim()));
      if (!outcome.success) {
        faults.push(`${key}=${JSON.stringify(clip(text, 60))} ${outcome.error.issues[0]?.message ?? 'is not valid'}`);
        continue;
      }
      const canonical = field.schema.encode(outcome.data);
      if (given[name] !== undefined && given[name] !== canonical) {
        faults.push(`${name} is given twice with different values`);
        continue;
      }
      given[name] = canonical;
      values[name] = outcome.data;
    }
    if (faults.length > 0) throw new StowageError('E_INVALID_OPTION', clip(faults.join('; '), 600));
    return { given, values: values as Partial<Options> };
  };

  return {
    fields: table,
    parse(raw) {
      const { given, values } = decodeAll(raw);
      const effective = { ...rules.defaults, ...values };
      const fault = rules.check(effective, given);
      if (fault !== undefined) throw new StowageError('E_INVALID_OPTION', fault);
      return { given, effective };
    },
    compare: (existing, asked) => compareOptions(table, rules.defaults, existing, asked),
    inherit(source, own) {
      const shared = Object.entries(source).filter(([name]) => table[name]?.inherited === true);
      return { ...Object.fromEntries(shared), ...own };
    },
  };
}

function translate(field: OptionField<unknown>, key: string, text: string): string {
  const alias = Object.entries(field.translations ?? {}).find(([name]) => fold(name) === fold(key));
  return alias?.[1][text.toLowerCase()] ?? text;
}

function unknownOption(key: string, spellings: readonly string[], canonicalNames: ReadonlyMap<string, string>): string {
  const nearest = nearestName(key, ['backend', ...spellings]);
  const hint =
    nearest === undefined
      ? `the options are ${[...new Set(canonicalNames.values())].join(', ')}`
      : `did you mean ${JSON.stringify(nearest)}?`;
  return `${JSON.stringify(clip(key, 40))} is not an option of this backend (${hint})`;
}

function compareOptions(
  table: Readonly<Record<string, OptionField<unknown>>>,
  defaults: object,
  existing: GivenOptions,
  asked: GivenOptions,
): Comparison {
  let larger = false;
  for (const [name, wanted] of Object.entries(asked)) {
    const field = table[name];
    const present = existing[name] ?? defaultText(field, Reflect.get(defaults, name));
    if (field === undefined || present === wanted) continue;
    if (field.growable === true && present !== undefined && isLarger(field, present, wanted)) {
      larger = true;
      continue;
    }
    return { kind: 'different', difference: `${name} is ${present ?? 'not set'}, not ${wanted}` };
  }
  return { kind: larger ? 'larger' : 'equal' };
}

function defaultText(field: OptionField<unknown> | undefined, value: unknown): string | undefined {
  return field === undefined || value === undefined ? undefined : field.schema.encode(value);
}

function isLarger(field: OptionField<unknown>, present: string, wanted: string): boolean {
  const [before, after] = [field.schema.decode(present), field.schema.decode(wanted)];
  return typeof before === 'number' && typeof after === 'number' && after > before;
}

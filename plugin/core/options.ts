import type * as z from 'zod';
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
  /** What is asked for is the least: an existing volume that has more is as asked. */
  readonly least?: boolean;
  /** An existing volume accepts any other value. */
  readonly changeable?: boolean;
}

/** The options of a backend by canonical name. */
export type OptionFields<Options> = {
  readonly [Name in keyof Options]-?: OptionField<Exclude<Options[Name], undefined>>;
};

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
  | { readonly kind: 'change'; readonly grows: boolean; readonly changed: GivenOptions }
  | { readonly kind: 'different'; readonly difference: string };

/** The options of one backend: parse, compare, inherit. */
export interface OptionSet<Options> {
  readonly fields: Readonly<Record<string, OptionField<unknown>>>;
  /**
   * Decodes; all faults are reported at once. E_INVALID_OPTION. What makes no sense alone but does with the options that
   * the volume has already is fine.
   */
  parse(raw: Readonly<Record<string, string>>, present?: GivenOptions): ParsedOptions<Options>;
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
  const table = new OptionTable(fields);
  return {
    fields,
    parse(raw, present) {
      const { given, values } = table.decode(raw);
      const effective = { ...rules.defaults, ...values };
      const fault = rules.check(effective, given);
      const together = (): boolean => {
        const before = table.decode(present ?? {}).values;
        return (
          rules.check({ ...rules.defaults, ...before, ...values }, { ...present, ...given }) === undefined
        );
      };
      if (fault !== undefined && !(present !== undefined && together()))
        throw new StowageError('E_INVALID_OPTION', fault);
      return { given, effective };
    },
    compare: (existing, asked) => compareOptions(fields, rules.defaults, existing, asked),
    inherit(source, own) {
      const shared = Object.entries(source).filter(([name]) => table.field(name)?.inherited === true);
      return { ...Object.fromEntries(shared), ...own };
    },
  };
}

/** Finds fields by any spelling and decodes with them. */
class OptionTable {
  readonly #fields: Readonly<Record<string, OptionField<unknown>>>;
  readonly #canonicalNames = new Map<string, string>();
  readonly #spellings: string[] = [];

  constructor(fields: Readonly<Record<string, OptionField<unknown>>>) {
    this.#fields = fields;
    for (const [name, field] of Object.entries(fields)) {
      for (const spelling of [name, ...field.aliases]) {
        this.#canonicalNames.set(fold(spelling), name);
        this.#spellings.push(spelling);
      }
    }
  }

  field(name: string): OptionField<unknown> | undefined {
    return Object.hasOwn(this.#fields, name) ? this.#fields[name] : undefined;
  }

  decode(raw: Readonly<Record<string, string>>): {
    given: Record<string, string>;
    values: Record<string, unknown>;
  } {
    const given: Record<string, string> = {};
    const values: Record<string, unknown> = {};
    const faults: string[] = [];
    for (const [key, text] of Object.entries(raw)) {
      const name = this.#canonicalNames.get(fold(key)) ?? '';
      const field = this.field(name);
      const outcome = field?.schema.safeDecode(translate(field, key, text.trim()));
      if (field === undefined || outcome === undefined) faults.push(this.#describeUnknown(key));
      else if (!outcome.success) faults.push(describeFault(key, text, outcome.error));
      else {
        const canonical = field.schema.encode(outcome.data);
        if ((given[name] ?? canonical) !== canonical)
          faults.push(`${name} is given twice with different values`);
        given[name] = canonical;
        values[name] = outcome.data;
      }
    }
    if (faults.length > 0) throw new StowageError('E_INVALID_OPTION', clip(faults.join('; '), 600));
    return { given, values };
  }

  #describeUnknown(key: string): string {
    const nearest = nearestName(key, ['backend', ...this.#spellings]);
    const hint =
      nearest === undefined
        ? `the options are ${Object.keys(this.#fields).join(', ')}`
        : `did you mean ${JSON.stringify(nearest)}?`;
    return `${JSON.stringify(clip(key, 40))} is not an option of this backend (${hint})`;
  }
}

function describeFault(key: string, text: string, error: z.ZodError): string {
  return `${clip(key, 40)}=${JSON.stringify(clip(text, 60))} ${error.issues[0]?.message ?? 'is not valid'}`;
}

function translate(field: OptionField<unknown>, key: string, text: string): string {
  const alias = Object.entries(field.translations ?? {}).find(([name]) => fold(name) === fold(key));
  const translations = new Map(Object.entries(alias?.[1] ?? {}));
  return translations.get(text.toLowerCase()) ?? text;
}

function compareOptions(
  table: Readonly<Record<string, OptionField<unknown>>>,
  defaults: object,
  existing: GivenOptions,
  asked: GivenOptions,
): Comparison {
  let grows = false;
  const changed: Record<string, string> = {};
  for (const [name, wanted] of Object.entries(asked)) {
    const field = table[name];
    const present = existing[name] ?? defaultText(field, Reflect.get(defaults, name));
    if (field === undefined || present === wanted) continue;
    if (field.least === true && present !== undefined && isLarger(field, wanted, present)) continue;
    const larger = field.growable === true && present !== undefined && isLarger(field, present, wanted);
    if (!larger && field.changeable !== true) {
      return { kind: 'different', difference: `${name} is ${present ?? 'not set'}, not ${wanted}` };
    }
    grows ||= larger;
    changed[name] = wanted;
  }
  return Object.keys(changed).length > 0 ? { kind: 'change', grows, changed } : { kind: 'equal' };
}

function defaultText(field: OptionField<unknown> | undefined, value: unknown): string | undefined {
  return field === undefined || value === undefined ? undefined : field.schema.encode(value);
}

function isLarger(field: OptionField<unknown>, present: string, wanted: string): boolean {
  const [before, after] = [field.schema.decode(present), field.schema.decode(wanted)];
  return typeof before === 'number' && typeof after === 'number' && after > before;
}

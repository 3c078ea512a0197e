import * as z from 'zod';

const COMPUTE = ['google', 'cloud', 'compute'] as const;
const PREFIX = /^\.?(?:google\.cloud\.compute\.v1\.)?/;

const Node = z.looseObject({
  get nested() {
    return z.record(z.string(), Node).optional();
  },
  fields: z.record(z.string(), z.looseObject({ type: z.string() })).optional(),
  methods: z
    .record(z.string(), z.looseObject({ requestType: z.string(), responseType: z.string() }))
    .optional(),
});

/** A namespace, service, message or enum of a protobufjs definition. */
type Node = z.output<typeof Node>;

/** What of the API is used. */
export interface ComputeUse {
  readonly services: readonly string[];
  /** Names of methods, in lower case; others are among them. */
  readonly calls: ReadonlySet<string>;
}

/**
 * The definition of Compute Engine's API reduced to some calls of some services and the messages that these take and give:
 * all of it is 12 MB, parsed by every client.
 *
 * @param definition the package's protos.json
 * @throws Error when a service is not in it
 */
export function pruneProtos(definition: unknown, { services, calls }: ComputeUse): unknown {
  const root = Node.parse(definition);
  const all = descend(root, [...COMPUTE, 'v1']).nested ?? {};
  const kept: Record<string, Node> = {};
  const keep = (type: string): void => {
    const [name = ''] = type.replace(PREFIX, '').split('.');
    const node = all[name];
    // A scalar, or a type of another package.
    if (node === undefined || Object.hasOwn(kept, name)) return;
    kept[name] = node;
    for (const next of typesIn(node)) keep(next);
  };
  for (const service of services) {
    const whole = all[service];
    if (whole?.methods === undefined) throw new Error(`Compute Engine has no service ${service}.`);
    const used = Object.entries(whole.methods).filter(([name]) => calls.has(name.toLowerCase()));
    kept[service] = { ...whole, methods: Object.fromEntries(used) };
    for (const type of typesIn(kept[service])) keep(type);
  }
  // Its siblings are other versions of the same API.
  return withoutComments(replaced(root, COMPUTE, { v1: { nested: kept } }));
}

function descend(node: Node, path: readonly string[]): Node {
  const [name, ...rest] = path;
  if (name === undefined) return node;
  const next = node.nested?.[name];
  if (next === undefined) throw new Error(`The definition of Compute Engine has no ${path.join('.')}.`);
  return descend(next, rest);
}

/** Every type that a message or service refers to. */
function typesIn({ fields = {}, methods = {}, nested = {} }: Node): string[] {
  return [
    ...Object.values(fields).map(({ type }) => type),
    ...Object.values(methods).flatMap(({ requestType, responseType }) => [requestType, responseType]),
    ...Object.values(nested).flatMap(typesIn),
  ];
}

/** The tree with other content at the path. */
function replaced(node: Node, [name, ...rest]: readonly string[], content: Record<string, Node>): Node {
  if (name === undefined) return { ...node, nested: content };
  const { nested = {} } = node;
  return { ...node, nested: { ...nested, [name]: replaced(nested[name] ?? {}, rest, content) } };
}

function withoutComments(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value, (key, part: unknown) => (key === 'comment' ? undefined : part)));
}

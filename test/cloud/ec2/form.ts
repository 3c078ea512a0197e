/** Parameters by their dotted names: `Filter.1.Name` is the part `Name` of the part `1` of the part `Filter`. */
export interface ParameterTree {
  value: string | undefined;
  readonly parts: Map<string, ParameterTree>;
}

/** What a request of EC2's query protocol says: the operation, the API's version, and the parameters. */
export interface QueryRequest {
  readonly action: string;
  readonly version: string;
  readonly parameters: ParameterTree;
}

/** Reads the body of a request of EC2's query protocol. */
export function readForm(body: string): QueryRequest {
  const parameters: ParameterTree = { value: undefined, parts: new Map() };
  const head = new Map<string, string>();
  for (const [name, value] of new URLSearchParams(body)) {
    if (name === 'Action' || name === 'Version') head.set(name, value);
    else place(parameters, name.split('.'), value);
  }
  return { action: head.get('Action') ?? '', version: head.get('Version') ?? '', parameters };
}

function place(tree: ParameterTree, path: readonly string[], value: string): void {
  let at = tree;
  for (const name of path) {
    const next = at.parts.get(name) ?? { value: undefined, parts: new Map() };
    at.parts.set(name, next);
    at = next;
  }
  at.value = value;
}

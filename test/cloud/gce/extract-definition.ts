/** What a value may look like, in the words of Google's discovery documents. */
export interface Schema {
  readonly type?: string;
  readonly $ref?: string;
  readonly format?: string;
  readonly pattern?: string;
  readonly enum?: readonly string[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: Schema;
  readonly items?: Schema;
}

/** A parameter in the path or the query of a method. */
export interface Parameter extends Schema {
  readonly location: 'path' | 'query';
  readonly required?: boolean;
  readonly repeated?: boolean;
}

/** One method of the API. */
export interface Method {
  readonly httpMethod: string;
  /** Below `compute/v1/`, with `{names}`. */
  readonly path: string;
  readonly parameters: Readonly<Record<string, Parameter>>;
  /** The schema of the body; without it there must be none. */
  readonly request?: string;
  /** Members of the body that this method cannot do without. */
  readonly required?: readonly string[];
}

/** What Compute Engine's definition says about the requests of some methods. */
export interface ApiDefinition {
  readonly revision: string;
  readonly methods: Readonly<Record<string, Method>>;
  readonly schemas: Readonly<Record<string, Schema>>;
}

interface Annotated extends Schema {
  readonly annotations?: { readonly required?: readonly string[] };
}

/** What is read of a discovery document. */
export interface DiscoveryDocument {
  readonly revision: string;
  readonly resources: Record<
    string,
    {
      readonly methods: Record<
        string,
        {
          readonly httpMethod: string;
          readonly path: string;
          readonly parameters?: Record<string, Parameter>;
          readonly request?: { readonly $ref: string };
        }
      >;
    }
  >;
  readonly schemas: Record<string, Annotated>;
}

/** What a discovery document says about the requests of these methods (`disks.insert`), and nothing else. */
export function extractDefinition(document: DiscoveryDocument, names: readonly string[]): ApiDefinition {
  const schemas: Record<string, Schema> = {};
  const add = (name: string): void => {
    if (schemas[name] !== undefined) return;
    const source = document.schemas[name];
    if (source === undefined) throw new Error(`the definition lacks the schema ${name}`);
    schemas[name] = bare(source);
    for (const next of referencesOf(source)) add(next);
  };
  const methods = names.map((name): [string, Method] => {
    const [resource = '', method = ''] = name.split('.');
    const source = document.resources[resource]?.methods[method];
    if (source === undefined) throw new Error(`the definition lacks the method ${name}`);
    const request = source.request?.$ref;
    if (request !== undefined) add(request);
    return [
      name,
      {
        httpMethod: source.httpMethod,
        path: source.path,
        parameters: mapValues(source.parameters ?? {}, bareParameter),
        ...(request !== undefined && { request, ...requiredOf(document.schemas[request], name) }),
      },
    ];
  });
  return { revision: document.revision, methods: Object.fromEntries(methods), schemas };
}

function requiredOf(schema: Annotated | undefined, method: string): { required?: string[] } {
  const required = Object.entries(schema?.properties ?? {})
    .filter(([, property]) => (property as Annotated).annotations?.required?.includes(`compute.${method}`))
    .map(([name]) => name);
  return required.length === 0 ? {} : { required };
}

/** Without descriptions and defaults. */
function bare(schema: Schema): Schema {
  return {
    ...(schema.type !== undefined && { type: schema.type }),
    ...(schema.$ref !== undefined && { $ref: schema.$ref }),
    ...(schema.format !== undefined && { format: schema.format }),
    ...(schema.pattern !== undefined && { pattern: schema.pattern }),
    ...(schema.enum && { enum: schema.enum }),
    ...(schema.items && { items: bare(schema.items) }),
    ...(schema.additionalProperties && { additionalProperties: bare(schema.additionalProperties) }),
    ...(schema.properties && { properties: mapValues(schema.properties, bare) }),
  };
}

function bareParameter(parameter: Parameter): Parameter {
  return {
    ...bare(parameter),
    location: parameter.location,
    ...(parameter.required === true && { required: true }),
    ...(parameter.repeated === true && { repeated: true }),
  };
}

function referencesOf(schema: Schema): string[] {
  const parts = [...Object.values(schema.properties ?? {}), schema.items, schema.additionalProperties];
  const below = parts.filter((part) => part !== undefined).flatMap(referencesOf);
  return schema.$ref === undefined ? below : [schema.$ref, ...below];
}

function mapValues<From, To>(
  record: Readonly<Record<string, From>>,
  change: (value: From) => To,
): Record<string, To> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, change(value)]));
}

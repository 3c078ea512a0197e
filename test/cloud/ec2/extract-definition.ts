/** How a value may look, in the words of botocore's service definitions. */
export interface Shape {
  readonly type: string;
  readonly members?: Record<string, { readonly shape: string; readonly name: string }>;
  readonly required?: readonly string[];
  readonly member?: string;
  readonly values?: readonly string[];
  readonly min?: number;
  readonly max?: number;
}

/** What EC2's definition says about the requests of some operations. */
export interface ApiDefinition {
  /** The shape of each operation's request. */
  readonly operations: Record<string, string>;
  readonly shapes: Record<string, Shape>;
}

interface Reference {
  readonly shape: string;
  readonly locationName?: string;
  readonly queryName?: string;
}

/** What is read of botocore's `service-2.json`. */
export interface ServiceModel {
  readonly operations: Record<string, { readonly input?: Reference }>;
  readonly shapes: Record<
    string,
    {
      readonly type: string;
      readonly members?: Record<string, Reference>;
      readonly required?: readonly string[];
      readonly member?: Reference;
      readonly enum?: readonly string[];
      readonly min?: number;
      readonly max?: number;
    }
  >;
}

/** New ones come every week; which are known is the business of DescribeInstanceTypes. */
const OPEN_ENUMS = new Set(['InstanceType', 'VolumeType']);

/** What a service definition says about the requests of these operations, and nothing else. */
export function extractDefinition(model: ServiceModel, operations: readonly string[]): ApiDefinition {
  const shapes: Record<string, Shape> = {};
  const add = (name: string): void => {
    const source = model.shapes[name];
    if (source === undefined) throw new Error(`the definition lacks the shape ${name}`);
    if (shapes[name] !== undefined) return;
    const members = Object.entries(source.members ?? {});
    const shape: Shape = {
      type: source.type,
      ...(source.members && {
        members: Object.fromEntries(members.map(([key, to]) => [key, memberOf(key, to)])),
      }),
      ...(source.required && { required: source.required }),
      ...(source.member && { member: source.member.shape }),
      ...(source.enum && !OPEN_ENUMS.has(name) && { values: source.enum }),
      ...(source.min !== undefined && { min: source.min }),
      ...(source.max !== undefined && { max: source.max }),
    };
    shapes[name] = shape;
    for (const [, { shape: next }] of members) add(next);
    if (source.member !== undefined) add(source.member.shape);
  };
  const inputs = operations.map((operation) => {
    const input = model.operations[operation]?.input?.shape;
    if (input === undefined) throw new Error(`the definition lacks the operation ${operation}`);
    add(input);
    return [operation, input] as const;
  });
  return { operations: Object.fromEntries(inputs), shapes };
}

/** EC2's protocol names a parameter by queryName, else by locationName with a capital, else by the member itself. */
function memberOf(key: string, reference: Reference): { shape: string; name: string } {
  const located = reference.locationName ?? key;
  const name = reference.queryName ?? located.charAt(0).toUpperCase() + located.slice(1);
  return { shape: reference.shape, name };
}

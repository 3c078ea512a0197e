import * as fc from 'fast-check';

/** How many clients and volumes there are. */
export const CLIENTS = 16;
export const VOLUMES = 8;

type Options = Readonly<Record<string, string>>;

/** One thing that happens. Volumes and clients are numbers, so that a shorter list of the same things means the same. */
export type Command =
  | { readonly do: 'create'; readonly client: number; readonly volume: number; readonly options: Options }
  | { readonly do: 'clone'; readonly client: number; readonly volume: number; readonly from: number }
  | {
      readonly do: 'mount' | 'unmount';
      readonly client: number;
      readonly volume: number;
      readonly id: number;
    }
  | {
      readonly do: 'unmount-unknown' | 'get' | 'path' | 'list' | 'remove' | 'write' | 'read';
      readonly client: number;
      readonly volume: number;
    }
  | { readonly do: 'vanish'; readonly volume: number }
  | { readonly do: 'engine-restart' | 'rest' }
  /** Killed this many milliseconds after the command before it was sent. */
  | { readonly do: 'kill'; readonly after: number };

const client = fc.nat(CLIENTS - 1);
const volume = fc.nat(VOLUMES - 1);
const id = fc.nat(1);

const options: fc.Arbitrary<Options> = fc.oneof(
  { weight: 160, arbitrary: fc.constant({}) },
  { weight: 30, arbitrary: fc.constant({ reclaimPolicy: 'retain' }) },
  { weight: 10, arbitrary: fc.constant({ reclaimPolicy: 'delete' }) },
  {
    weight: 16,
    arbitrary: fc.constantFrom({ medium: 'memory', size: '1MiB' }, { medium: 'memory', size: '2MiB' }),
  },
  { weight: 4, arbitrary: fc.constantFrom({ size: '16MiB' }, { size: '24MiB' }, { size: '32MiB' }) },
);

const command: fc.Arbitrary<Command> = fc.oneof(
  { weight: 70, arbitrary: fc.record({ do: fc.constant('create' as const), client, volume, options }) },
  { weight: 10, arbitrary: fc.record({ do: fc.constant('clone' as const), client, volume, from: volume }) },
  { weight: 130, arbitrary: fc.record({ do: fc.constant('mount' as const), client, volume, id }) },
  { weight: 130, arbitrary: fc.record({ do: fc.constant('unmount' as const), client, volume, id }) },
  { weight: 45, arbitrary: fc.record({ do: fc.constant('remove' as const), client, volume }) },
  { weight: 90, arbitrary: fc.record({ do: fc.constant('write' as const), client, volume }) },
  { weight: 90, arbitrary: fc.record({ do: fc.constant('read' as const), client, volume }) },
  {
    weight: 60,
    arbitrary: fc.record({ do: fc.constantFrom('get', 'path', 'list', 'unmount-unknown'), client, volume }),
  },
  { weight: 8, arbitrary: fc.record({ do: fc.constant('vanish' as const), volume }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constantFrom('engine-restart', 'rest') }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('kill' as const), after: fc.nat(12) }) },
);

/** A case: what happens, in the order in which it is begun. */
export function cases(length: number): fc.Arbitrary<Command[]> {
  return fc.array(command, { minLength: 1, maxLength: length, size: 'max' });
}

/** One line for a person. */
export function describeCommand(what: Command): string {
  const { do: verb, ...rest } = what;
  const facts = Object.entries(rest).map(([name, value]) => `${name}=${JSON.stringify(value)}`);
  return [verb, ...facts].join(' ');
}

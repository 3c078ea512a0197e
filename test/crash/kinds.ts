import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { World } from './world.ts';

type Options = Readonly<Record<string, string>>;

/** A kind of volume: what it is called, and the options that make one. */
export interface Kind {
  readonly name: string;
  readonly options: (world: World) => Options;
  /** Keeps no data without a mount. */
  readonly volatile?: boolean;
}

/** A directory of the host's file system. */
export const directory: Kind = { name: 'directory', options: () => ({}) };
/** A tmpfs. */
export const memory: Kind = {
  name: 'memory',
  options: () => ({ medium: 'memory', size: '1MiB' }),
  volatile: true,
};
/** File systems of their own. */
export const images: readonly Kind[] = [
  { name: 'ext4', options: () => ({ size: '16MiB' }) },
  { name: 'xfs', options: () => ({ size: '300MiB', fsType: 'xfs' }) },
  { name: 'btrfs', options: () => ({ size: '128MiB', fsType: 'btrfs' }) },
];
/** A host directory. */
const path: Kind = {
  name: 'path',
  options: ({ traced, volume }) => {
    const place = join(traced.shared, volume);
    mkdirSync(place, { recursive: true });
    return { path: place };
  },
};
/** All of them. */
export const kinds = [directory, ...images, path, memory];

/** Removes the volume under test. */
export const drop = async ({ engine, volume }: World): Promise<void> => await engine.remove(volume);

/** Makes the volume of this kind with data in it. */
export async function fill(world: World, kind: Kind, more: Options = {}): Promise<void> {
  await world.fill(world.volume, { ...kind.options(world), ...more });
}

/** The same, and a container that uses it. */
export async function fillAndMount(world: World, kind: Kind, ...mountIds: readonly string[]): Promise<void> {
  await world.engine.create(world.volume, kind.options(world));
  for (const id of mountIds) await world.engine.mount(world.volume, id);
  world.write(world.volume, world.volume);
}

import { randomUUID } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock, Host } from '../../../plugin/core/ports/host.ts';
import type {
  Volume,
  VolumeDriver,
  VolumeDriverDefinition,
} from '../../../plugin/core/ports/volume-driver.ts';
import { createHost, systemClock } from '../../../plugin/host/index.ts';
import { createLog } from '../../../plugin/log.ts';
import { driverSettings } from '../../support/driver-settings.ts';

/** One way to make a volume with the driver. */
export interface VolumeVariant {
  readonly name: string;
  /** Options as a user would give them; `directory` is a temporary directory that `path` options may use. */
  readonly options: (directory: string) => Record<string, string>;
  /** The same volume, larger; only where the driver grows such volumes. */
  readonly larger?: (directory: string) => Record<string, string>;
  /** The kernel grows it in use only for a process with this capability. */
  readonly growsInUseWith?: 'CAP_SYS_RESOURCE';
  /** Without that capability it grows at the next mount; false: not at all. Default true. */
  readonly growsWhenMounted?: boolean;
  /** Data is gone after the last unmount, by design. */
  readonly volatile?: boolean;
  /** `from` makes a clone of such a volume. */
  readonly clonable: boolean;
  /** Data outlives `remove`, by design. */
  readonly keptOnRemove?: boolean;
}

/** A driver in a directory of its own, on the real host. */
export interface Bench<Options> {
  readonly driver: VolumeDriver<Options>;
  readonly host: Host;
  readonly directory: string;
  volume(name: string, options: Record<string, string>): Volume<Options>;
  target(name: string): Promise<string>;
}

/** What a driver finds outside of it: a machine as it is, or one in a cloud. */
export interface Surroundings {
  /** The `/sys` that shows the machine's disks. */
  readonly hostSys?: string;
  /** Settings of the driver's own. */
  readonly environment?: Readonly<Record<string, string>>;
  readonly clock?: Clock;
  close(): Promise<void>;
}

/** The machine as it is. */
export async function onThisMachine(): Promise<Surroundings> {
  return await Promise.resolve({ close: async () => await Promise.resolve() });
}

/** Opens a driver below `root`, recovered and ready. */
export async function openBench<Options>(
  definition: VolumeDriverDefinition<Options>,
  root: string,
  { hostSys, environment = {}, clock = systemClock }: Surroundings,
): Promise<Bench<Options>> {
  const log = createLog('error');
  const host = createHost({
    hostProc: '/proc',
    runDirectory: join(root, 'run'),
    log,
    ...(hostSys !== undefined && { hostSys }),
  });
  const shared = join(root, 'shared');
  await mkdir(shared);
  const settings = driverSettings(join(root, 'data'), {
    pathRoots: [{ hostPath: root, insidePath: root }],
    environment,
  });
  await mkdir(settings.dataDirectory);
  const driver = definition.create({ host, log, clock, settings });
  await driver.recover();
  return {
    driver,
    host,
    directory: shared,
    volume(name, raw) {
      const { given, effective } = definition.options.parse(raw);
      return { name, given, options: effective, createdAt: new Date() };
    },
    async target(name) {
      const target = join(root, 'mounts', name);
      await mkdir(target, { recursive: true });
      return target;
    },
  };
}

/** A check that wants a volume. */
export type VolumeCheck<Options> = (
  volume: Volume<Options>,
  target: string,
  bench: Bench<Options>,
) => Promise<void>;

/** Runs checks with a created volume each, and removes it whatever happens. */
export type WithVolume<Options> = (check: VolumeCheck<Options>) => Promise<void>;

/** Makes the runner of checks for one variant. */
export function withVolumeOf<Options>(
  getBench: () => Bench<Options>,
  variant: VolumeVariant,
): WithVolume<Options> {
  return async (check) => {
    const bench = getBench();
    const volume = bench.volume(`v-${randomUUID()}`, variant.options(bench.directory));
    const target = await bench.target(volume.name);
    await bench.driver.create(volume);
    try {
      await check(volume, target, bench);
    } finally {
      await bench.driver.unmount(volume, target);
      await bench.driver.remove(volume);
    }
  };
}

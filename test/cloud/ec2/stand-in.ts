import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Clock } from '../../../plugin/core/ports/host.ts';
import { systemClock } from '../../../plugin/host/clock.ts';
import { SeededRandom } from '../../attack/random.ts';
import { CallLog } from '../shared/call-log.ts';
import { type DiskBay, NoDiskBay } from '../shared/disk-bay.ts';
import { DiskStore } from '../shared/disk-store.ts';
import { Faults } from '../shared/faults.ts';
import { closeServer, listenOnLoopback } from '../shared/faulty-server.ts';
import { Latency } from '../shared/latency.ts';
import { Access } from './access.ts';
import { Control } from './control.ts';
import { type Delay, EBS_DELAYS } from './latencies.ts';
import { createEc2Server } from './server.ts';
import { World, type WorldParts } from './world.ts';

/** How a stand-in differs from the usual one. */
export interface Ec2Settings {
  /** Times are this much of the real ones; default: a hundredth. */
  readonly scale?: number;
  readonly seed?: number;
  readonly clock?: Clock;
  /** Where attached volumes appear; default: nowhere. The stand-in closes it. */
  readonly bay?: DiskBay;
  readonly region?: string;
  readonly zones?: readonly string[];
  /** What has been made is not seen at once. */
  readonly eventual?: boolean;
  readonly shortPages?: boolean;
  readonly modificationPauseMs?: number;
  readonly snapshotPauseMs?: number;
  readonly kmsKeys?: readonly string[];
}

/** EC2 of one region, as far as volumes need it, on this machine. */
export interface Ec2StandIn {
  /** `http://127.0.0.1:…` */
  readonly endpoint: string;
  readonly region: string;
  readonly access: Access;
  readonly faults: Faults;
  readonly calls: CallLog;
  readonly latency: Latency<Delay>;
  /** What AWS offers no operation for, and what tests want to know. */
  readonly control: Control;
  /** Stops answering, lets go of all disks and forgets what they held. */
  close(): Promise<void>;
}

const HOUR_MS = 3_600_000;
/** AWS: a volume can be modified again after six hours. */
const MODIFICATION_PAUSE_MS = 6 * HOUR_MS;
/** AWS: 15 seconds between snapshots of a volume that are under way at the same time. */
const SNAPSHOT_PAUSE_MS = 15_000;

/** Starts a stand-in on a free port. */
export async function startEc2(settings: Ec2Settings = {}): Promise<Ec2StandIn> {
  const directory = await mkdtemp(join(tmpdir(), 'stowage-ec2-'));
  const parts = partsOf(settings, directory);
  const world = new World(parts);
  const access = new Access(parts.region, parts.account);
  const faults = new Faults(new SeededRandom((settings.seed ?? 1) + 1));
  const calls = new CallLog();
  const server = createEc2Server({ world, access, faults, calls });
  const port = await listenOnLoopback(server);
  const control = new Control(world, access);
  return {
    endpoint: `http://127.0.0.1:${String(port)}`,
    region: parts.region,
    access,
    faults,
    calls,
    latency: parts.latency,
    control,
    close: async () => {
      await closeServer(server);
      await control.close();
      await world.close();
      await parts.bay.close();
      await rm(directory, { recursive: true });
    },
  };
}

function partsOf(settings: Ec2Settings, directory: string): WorldParts {
  const random = new SeededRandom(settings.seed ?? 1);
  const latency = new Latency(EBS_DELAYS, random, settings.scale ?? 0.01);
  if (settings.eventual !== true) latency.fix('visible', 0);
  const region = settings.region ?? 'eu-central-1';
  return {
    region,
    random,
    latency,
    account: '123456789012',
    zones: settings.zones ?? [`${region}a`, `${region}b`],
    clock: settings.clock ?? systemClock,
    bay: settings.bay ?? new NoDiskBay(),
    store: new DiskStore(directory),
    modificationPauseMs: settings.modificationPauseMs ?? MODIFICATION_PAUSE_MS,
    snapshotPauseMs: settings.snapshotPauseMs ?? SNAPSHOT_PAUSE_MS,
    shortPages: settings.shortPages ?? false,
    kmsKeys: settings.kmsKeys ?? [],
  };
}

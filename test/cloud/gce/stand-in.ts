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
import { type Delay, GCE_DELAYS } from './latencies.ts';
import { createGceServer } from './server.ts';
import { World } from './world.ts';
import type { WorldParts } from './world-parts.ts';

/** How a stand-in differs from the usual one. */
export interface GceSettings {
  /** Times are this much of the real ones; default: a hundredth. */
  readonly scale?: number;
  readonly seed?: number;
  readonly clock?: Clock;
  /** Where attached disks appear; default: nowhere. The stand-in closes it. */
  readonly bay?: DiskBay;
  readonly zones?: readonly string[];
  readonly conflicts?: WorldParts['conflicts'];
  readonly throttleStatus?: WorldParts['throttleStatus'];
  readonly quotaGb?: number;
  readonly waitDeadlineMs?: number;
}

/** Compute Engine of one project, as far as disks need it, on this machine. */
export interface GceStandIn {
  readonly host: string;
  readonly port: number;
  readonly project: string;
  readonly zones: readonly string[];
  readonly access: Access;
  readonly faults: Faults;
  readonly calls: CallLog;
  readonly latency: Latency<Delay>;
  /** What Google offers no method for, and what tests want to know. */
  readonly control: Control;
  /** Stops answering, lets go of all disks and forgets what they held. */
  close(): Promise<void>;
}

/** Google's word: no more than two minutes. */
const WAIT_MS = 120_000;
const USUAL_SCALE = 0.01;

/** Starts a stand-in on a free port. */
export async function startGce(settings: GceSettings = {}): Promise<GceStandIn> {
  const directory = await mkdtemp(join(tmpdir(), 'stowage-gce-'));
  const parts = partsOf(settings, directory);
  const world = new World(parts);
  const access = new Access();
  const faults = new Faults(new SeededRandom((settings.seed ?? 1) + 1));
  const calls = new CallLog();
  const server = createGceServer({ world, access, faults, calls });
  const port = await listenOnLoopback(server);
  const control = new Control(world, access);
  return {
    host: '127.0.0.1',
    port,
    project: parts.project,
    zones: parts.zones,
    access,
    faults,
    calls,
    latency: parts.latency,
    control,
    close: async () => {
      await closeServer(server);
      await control.close();
      await world.operations.close();
      await parts.bay.close();
      await rm(directory, { recursive: true });
    },
  };
}

function partsOf(settings: GceSettings, directory: string): WorldParts {
  const random = new SeededRandom(settings.seed ?? 1);
  const scale = settings.scale ?? USUAL_SCALE;
  return {
    project: 'stowage-test',
    projectNumber: '123456789012',
    zones: settings.zones ?? ['europe-west3-a', 'europe-west3-b'],
    clock: settings.clock ?? systemClock,
    random,
    latency: new Latency(GCE_DELAYS, random, scale),
    bay: settings.bay ?? new NoDiskBay(),
    store: new DiskStore(directory),
    waitDeadlineMs: settings.waitDeadlineMs ?? WAIT_MS * scale,
    conflicts: settings.conflicts ?? 'in-operation',
    throttleStatus: settings.throttleStatus ?? 403,
    quotaGb: settings.quotaGb ?? 1_000_000,
  };
}

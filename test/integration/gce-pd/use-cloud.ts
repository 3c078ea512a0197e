import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import type { DiskRecord, NewDisk } from '../../../drivers/volume/block/cloud.ts';
import { GceCloud } from '../../../drivers/volume/gce-pd/cloud.ts';
import { gceOptions, type GceOptions } from '../../../drivers/volume/gce-pd/options.ts';
import { createHost } from '../../../plugin/host/index.ts';
import { FULL_SCOPES } from '../../cloud/gce/access.ts';
import type { MachineSettings } from '../../cloud/gce/control.ts';
import type { MetadataSettings } from '../../cloud/gce/metadata-server.ts';
import { startGce, type GceSettings, type GceStandIn } from '../../cloud/gce/stand-in.ts';
import { connect, type GceClients } from '../../cloud/gce/use-gce.ts';
import { driverSettings } from '../../support/driver-settings.ts';
import { fastClock } from '../../support/fast-clock.ts';
import { RecordingLog } from '../../support/recording-log.ts';

const FASTER = 100;

/** The cloud port of the driver on machines of a stand-in, whose disks appear nowhere. */
export interface CloudInUse extends GceStandIn {
  /** Google's own clients, as somebody who may do everything. */
  readonly operator: GceClients;
  /** A new machine and the port on it; `environment` is beside what points to the stand-in. */
  machine(
    settings?: MachineSettings & MetadataSettings,
    environment?: Readonly<Record<string, string>>,
  ): Promise<GceCloud>;
}

/** Starts a stand-in for one test; when the test ends it must have been sound. */
export async function useCloud(context: TestContext, settings: GceSettings = {}): Promise<CloudInUse> {
  const root = await mkdtemp(join(tmpdir(), 'stowage-gce-cloud-'));
  const standIn = await startGce({ scale: 1 / FASTER, ...settings });
  const who = { caller: 'operator', email: 'operator@test', scopes: FULL_SCOPES, lifetimeMs: 3_600_000 };
  const operator = connect(standIn, standIn.access.issue(who));
  const clouds: GceCloud[] = [];
  context.after(async () => {
    standIn.faults.clear();
    for (const cloud of clouds) await cloud.close();
    await Promise.all(
      Object.values(operator).map(async (client: GceClients['disks']) => await client.close()),
    );
    await standIn.close();
    await rm(root, { recursive: true });
    standIn.control.assertSound();
  });
  return {
    ...standIn,
    operator,
    async machine({ machineType, zone, ...metadata } = {}, environment = {}) {
      const name = `machine-${String(clouds.length + 1)}`;
      standIn.control.addMachine(name, { ...(machineType && { machineType }), ...(zone && { zone }) });
      const { host } = await standIn.control.startMetadata(name, metadata);
      const cloud = new GceCloud({
        host: createHost({ hostProc: '/proc', runDirectory: join(root, name), log: new RecordingLog() }),
        log: new RecordingLog(),
        clock: fastClock(FASTER),
        settings: driverSettings(root, {
          environment: {
            STOWAGE_GCE_ENDPOINT: `http://${standIn.host}:${String(standIn.port)}`,
            GCE_METADATA_HOST: host,
            ...environment,
          },
        }),
      });
      clouds.push(cloud);
      return cloud;
    },
  };
}

/** A wish for a new disk of this volume. */
export function wishFor(
  name: string,
  raw: Readonly<Record<string, string>> = { size: '1GiB' },
  others: Partial<DiskRecord> & { readonly zone?: string; readonly snapshot?: string } = {},
): NewDisk<GceOptions> {
  const { given, effective } = gceOptions.parse(raw);
  const { zone = 'europe-west3-a', snapshot, ...record } = others;
  return {
    record: {
      name,
      given,
      createdAt: new Date(1_764_000_000_000),
      content: 'fresh',
      retained: false,
      lease: undefined,
      ...record,
    },
    options: effective,
    zone,
    snapshot,
    attempt: 0,
  };
}

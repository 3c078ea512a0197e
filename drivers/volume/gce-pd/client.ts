import type { protos } from '@google-cloud/compute';
import { StowageError } from '../../../plugin/core/errors.ts';
import type { Clock } from '../../../plugin/core/ports/host.ts';
import { Caller } from './caller.ts';
import { closeClients, openClients, type Clients, type GceAccess } from './connection.ts';
import { isAbsent, isNotAttached } from './errors.ts';
import type { Place } from './names.ts';
import type { Operation } from './operations.ts';
import type { Labels } from './record-labels.ts';

type Disk = protos.google.cloud.compute.v1.IDisk;
type Instance = protos.google.cloud.compute.v1.IInstance;
type Snapshot = protos.google.cloud.compute.v1.ISnapshot;

const PAGE = 500;
const REQUEST_TIMEOUT_MS = 20_000;
/** GCE answers a wait after two minutes at the latest. */
const WAIT_TIMEOUT_MS = 150_000;
/** Longer than any disk or snapshot takes that is not stuck; what still goes on then is looked at by the skeleton. */
const CHANGE_LIMIT_MS = 300_000;

/** A disk to be attached. */
export interface AttachRequest {
  readonly machine: Place;
  readonly disk: Place;
  readonly readOnly: boolean;
  readonly limitMs: number;
}

/**
 * The few calls of Compute Engine that the backend makes. The SDK is loaded by the first of them. All throw StowageError.
 * What changes something resolves when GCE has done it, or with false when it is still at it.
 */
export class Gce {
  readonly #caller: Caller<Clients>;

  constructor(access: () => Promise<GceAccess>, clock: Clock) {
    this.#caller = new Caller<Clients>({
      clock,
      open: async () => await openClients(await access(), clock),
      close: closeClients,
      wait,
    });
  }

  /** Every disk of the project that passes the filter. E_CLOUD_UNAVAILABLE when a zone is out of reach. */
  async findDisks(filter: string): Promise<Disk[]> {
    return await this.#caller.call('disks.aggregatedList', async ({ project, disks }) => {
      const request = { project, filter, maxResults: PAGE };
      const found: Disk[] = [];
      for await (const [scope, { disks: some, warning }] of disks.aggregatedListAsync(request, paged())) {
        // A list with a hole in it would make volumes vanish.
        if (warning?.code === 'UNREACHABLE')
          throw new StowageError('E_CLOUD_UNAVAILABLE', `GCE disks.aggregatedList: ${scope} is out of reach`);
        found.push(...(some ?? []));
      }
      return found;
    });
  }

  /** Every disk of the zone that passes the filter. */
  async findDisksIn(zone: string, filter: string): Promise<Disk[]> {
    return await this.#caller.call('disks.list', async ({ project, disks }) => {
      const request = { project, zone, filter, maxResults: PAGE };
      return await collected(disks.listAsync(request, paged()));
    });
  }

  /** Undefined when there is none. */
  async getDisk({ zone, name }: Place): Promise<Disk | undefined> {
    return await this.#caller.find('disks.get', async ({ project, disks }) =>
      disks.get({ project, zone, disk: name }, once()),
    );
  }

  async insertDisk(zone: string, disk: Disk): Promise<boolean> {
    return await this.#caller.change('disks.insert', CHANGE_LIMIT_MS, ({ disks }, change) =>
      disks.insert({ ...change, zone, diskResource: disk }, once()),
    );
  }

  /** Absent is success. */
  async deleteDisk({ zone, name }: Place): Promise<void> {
    await unless(
      isAbsent,
      this.#caller.change('disks.delete', CHANGE_LIMIT_MS, ({ disks }, change) =>
        disks.delete({ ...change, zone, disk: name }, once()),
      ),
    );
  }

  async resizeDisk({ zone, name }: Place, gibibytes: number): Promise<void> {
    await this.#caller.change('disks.resize', CHANGE_LIMIT_MS, ({ disks }, change) =>
      disks.resize(
        { ...change, zone, disk: name, disksResizeRequestResource: { sizeGb: gibibytes } },
        once(),
      ),
    );
  }

  /** Changes what of the performance of a Hyperdisk may be chosen. */
  async updateDisk(
    { zone, name }: Place,
    performance: { readonly provisionedIops?: number; readonly provisionedThroughput?: number },
  ): Promise<void> {
    const updateMask = Object.keys(performance).join(',');
    await this.#caller.change('disks.update', CHANGE_LIMIT_MS, ({ disks }, change) =>
      disks.update(
        { ...change, zone, disk: name, updateMask, diskResource: { name, ...performance } },
        once(),
      ),
    );
  }

  /** Replaces all labels, if `fingerprint` is that of the present ones. */
  async setDiskLabels({ zone, name }: Place, labels: Labels, fingerprint: string): Promise<void> {
    const zoneSetLabelsRequestResource = { labels, labelFingerprint: fingerprint };
    await this.#caller.change('disks.setLabels', CHANGE_LIMIT_MS, ({ disks }, change) =>
      disks.setLabels({ ...change, zone, resource: name, zoneSetLabelsRequestResource }, once()),
    );
  }

  /** False when the disk has not come within the limit. */
  async attachDisk({ machine, disk, readOnly, limitMs }: AttachRequest): Promise<boolean> {
    return await this.#caller.change('instances.attachDisk', limitMs, ({ instances }, change) => {
      const attachedDiskResource = {
        source: `projects/${change.project}/zones/${disk.zone}/disks/${disk.name}`,
        deviceName: disk.name,
        mode: readOnly ? 'READ_ONLY' : 'READ_WRITE',
        autoDelete: false,
      };
      const request = { ...change, zone: machine.zone, instance: machine.name, attachedDiskResource };
      return instances.attachDisk(request, once());
    });
  }

  /** Not attached there is success. */
  async detachDisk({ zone, name }: Place, deviceName: string): Promise<void> {
    await unless(
      (thrown) => isAbsent(thrown) || isNotAttached(thrown),
      this.#caller.change('instances.detachDisk', CHANGE_LIMIT_MS, ({ instances }, change) =>
        instances.detachDisk({ ...change, zone, instance: name, deviceName }, once()),
      ),
    );
  }

  /** Undefined when there is none. */
  async getInstance({ zone, name }: Place): Promise<Instance | undefined> {
    return await this.#caller.find('instances.get', async ({ project, instances }) =>
      instances.get({ project, zone, instance: name }, once()),
    );
  }

  async createSnapshot({ zone, name }: Place, snapshot: Snapshot): Promise<void> {
    await this.#caller.change('disks.createSnapshot', CHANGE_LIMIT_MS, ({ disks }, change) =>
      disks.createSnapshot({ ...change, zone, disk: name, snapshotResource: snapshot }, once()),
    );
  }

  /** Undefined when there is none. */
  async getSnapshot(name: string): Promise<Snapshot | undefined> {
    return await this.#caller.find('snapshots.get', async ({ project, snapshots }) =>
      snapshots.get({ project, snapshot: name }, once()),
    );
  }

  /** Every snapshot of the project that passes the filter. */
  async findSnapshots(filter: string): Promise<Snapshot[]> {
    return await this.#caller.call('snapshots.list', async ({ project, snapshots }) =>
      collected(snapshots.listAsync({ project, filter, maxResults: PAGE }, paged())),
    );
  }

  /** Absent is success. */
  async deleteSnapshot(name: string): Promise<void> {
    await unless(
      isAbsent,
      this.#caller.change('snapshots.delete', CHANGE_LIMIT_MS, ({ snapshots }, change) =>
        snapshots.delete({ ...change, snapshot: name }, once()),
      ),
    );
  }

  /** Twice is fine. */
  async close(): Promise<void> {
    await this.#caller.close();
  }
}

async function wait(
  { project, zoneOperations, globalOperations }: Clients,
  { name: operation, zone }: Operation,
): Promise<unknown> {
  const options = { ...once(), timeout: WAIT_TIMEOUT_MS };
  const [now] =
    zone === undefined
      ? await globalOperations.wait({ project, operation }, options)
      : await zoneOperations.wait({ project, zone, operation }, options);
  return now;
}

/** The SDK's own repeating is off, see retries.ts. A new one for each call: the SDK writes into it. */
function once(): { retry: null; timeout: number } {
  return { retry: null, timeout: REQUEST_TIMEOUT_MS };
}

/** The same for a call whose answers are read one by one, of which the SDK warns unless it is told this too. */
function paged(): { retry: null; timeout: number; autoPaginate: false } {
  return { ...once(), autoPaginate: false };
}

async function collected<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const all: Item[] = [];
  for await (const item of items) all.push(item);
  return all;
}

async function unless(isFine: (thrown: unknown) => boolean, call: Promise<unknown>): Promise<void> {
  try {
    await call;
  } catch (thrown) {
    if (!isFine(thrown)) throw thrown;
  }
}

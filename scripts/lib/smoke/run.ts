import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { BlockCloud, CloudDisk } from '../../../drivers/volume/block/cloud.ts';
import type { BlockOptions } from '../../../drivers/volume/block/options.ts';
import { readConfig, readDriverSetting } from '../../../plugin/config.ts';
import { Backends } from '../../../plugin/core/backends.ts';
import { Call } from '../../../plugin/core/call.ts';
import { toStowageError } from '../../../plugin/core/errors.ts';
import type { DriverContext } from '../../../plugin/core/ports/volume-driver.ts';
import { VolumeService } from '../../../plugin/core/volume-service.ts';
import { createHost, SqliteStateStore, systemClock } from '../../../plugin/host/index.ts';
import { createLog } from '../../../plugin/log.ts';
import type { SmokeCloud } from './clouds.ts';

/** As long as anything in a cloud may take: a snapshot of a nearly empty disk takes minutes. */
const PATIENCE_MS = 30 * 60_000;

/** A Stowage of its own in this process, in a cluster that nobody else has, and the cloud behind it. */
export class SmokeRun {
  readonly service: VolumeService;
  readonly cloud: BlockCloud<BlockOptions>;
  /** Options as users write them, understood. */
  readonly options: SmokeCloud['understand'];
  readonly #directory: string;
  readonly #context: DriverContext;
  readonly #mounted = new Map<string, string>();
  /** Disks that were made outside of the cluster. */
  readonly foreign = new Set<string>();

  private constructor(cloud: SmokeCloud, directory: string) {
    const config = readConfig(process.env);
    const log = createLog('error');
    const host = createHost({
      hostProc: config.STOWAGE_HOST_PROC,
      hostSys: config.STOWAGE_HOST_SYS,
      runDirectory: join(directory, 'run'),
      log,
    });
    const settings = {
      dataDirectory: join(directory, 'data'),
      pathRoots: [],
      cluster: `smoke-${randomBytes(4).toString('hex')}`,
      detachGraceMs: 0,
      own: readDriverSetting,
    };
    this.options = cloud.understand;
    this.#directory = directory;
    this.#context = { host, log, clock: systemClock, settings };
    this.cloud = cloud.open(this.#context);
    this.service = new VolumeService({
      backends: new Backends([cloud.definition], cloud.definition.name, this.#context),
      store: new SqliteStateStore(join(directory, 'state', 'stowage.db')),
      host,
      log,
      clock: systemClock,
      mountRoot: join(directory, 'mounts'),
    });
  }

  static async open(cloud: SmokeCloud): Promise<SmokeRun> {
    const run = new SmokeRun(cloud, await mkdtemp(join(tmpdir(), 'stowage-smoke-')));
    run.service.start();
    return run;
  }

  /** A call that waits as long as anything may take. */
  call(): Call {
    return new Call(systemClock, PATIENCE_MS);
  }

  /** Mounts a volume; it is unmounted at the end if nobody does before. */
  async mount(name: string): Promise<string> {
    const path = await this.service.mount(name, 'smoke', this.call());
    this.#mounted.set(name, path);
    return path;
  }

  async unmount(name: string): Promise<void> {
    await this.service.unmount(name, 'smoke', this.call());
    this.#mounted.delete(name);
  }

  /** Removes everything of this run, whatever state it is in. Resolves with what could not be removed. */
  async cleanUp(tell: (what: string) => void): Promise<string[]> {
    const left: string[] = [];
    const attempt = async (what: string, work: () => Promise<void>): Promise<void> => {
      try {
        await work();
      } catch (thrown) {
        left.push(`${what}: ${toStowageError(thrown).message}`);
      }
    };
    for (const name of this.#mounted.keys())
      await attempt(`mount of ${name}`, async () => await this.unmount(name));
    await attempt('volumes', async () => {
      for (const disk of await this.#disks()) {
        tell(`cleaning up: ${disk.id}`);
        await attempt(`disk ${disk.id}`, async () => await this.#delete(disk));
      }
    });
    await attempt('snapshots', async () => {
      for (const purpose of ['clone', 'reclaim'] as const)
        for (const { id } of await this.cloud.snapshots(purpose)) await this.cloud.deleteSnapshot(id);
    });
    await attempt('service', async () => await this.service.close());
    if (left.length === 0) await rm(this.#directory, { recursive: true });
    await this.cloud.close();
    return left;
  }

  async #disks(): Promise<CloudDisk[]> {
    const foreign = this.foreign.size === 0 ? [] : await this.cloud.describe([...this.foreign]);
    const all = [...(await this.cloud.list()), ...foreign].filter(({ state }) => state !== 'deleting');
    return [...new Map(all.map((disk) => [disk.id, disk])).values()];
  }

  async #delete(disk: CloudDisk): Promise<void> {
    for (const { machine } of disk.attachments) await this.cloud.detach(disk, machine, false);
    for (let wait = 0; wait < 120; wait += 1) {
      const [now] = await this.cloud.describe([disk.id]);
      if (now === undefined) return;
      if (now.attachments.length === 0) return await this.cloud.delete(now);
      await sleep(1_000);
    }
    throw new Error(`it stays attached to ${disk.attachments.map(({ machine }) => machine).join(', ')}`);
  }
}

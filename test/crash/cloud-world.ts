import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CloudRegion, RegionKind } from '../conformance/block-cloud/region.ts';
import { eventually } from '../support/eventually.ts';
import { TracedStowage } from './traced-stowage.ts';
import { World } from './world.ts';

/** A hundredth of the cloud's times. */
const SCALE = 0.01;

/** A program whose volumes are disks of a cloud's stand-in, which outlives every kill. */
export class CloudWorld extends World {
  readonly #region: CloudRegion;
  readonly #directory: string;

  private constructor(traced: TracedStowage, region: CloudRegion, directory: string) {
    super(traced);
    this.#region = region;
    this.#directory = directory;
  }

  static async open(backend: string, kind: RegionKind): Promise<CloudWorld> {
    const directory = mkdtempSync(join(tmpdir(), 'stowage-crash-cloud-'));
    const region = await kind.start(directory, SCALE);
    const { hostSys, environment } = await region.launch();
    const settings = { STOWAGE_BACKEND: backend, STOWAGE_HOST_SYS: hostSys, STOWAGE_DETACH_GRACE: '0' };
    const traced = await TracedStowage.prepare({ ...settings, ...environment });
    const world = new CloudWorld(traced, region, directory);
    await world.start();
    return world;
  }

  override async hasHome(volume: string): Promise<boolean> {
    return (await this.#region.disks()).some((disk) => disk.volume === volume);
  }

  /** Every disk in the cloud is accounted for, and nothing that was only passing stays. */
  override async assertNothingLeft(): Promise<void> {
    await super.assertNothingLeft();
    await eventually(
      async () => assert.deepEqual(await this.#region.disks(), [], 'disks are leaked'),
      60_000,
    );
  }

  override async close(): Promise<void> {
    await super.close();
    await this.#region.close();
    rmSync(this.#directory, { recursive: true });
  }
}

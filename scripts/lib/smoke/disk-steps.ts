import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import type { CloudDisk, CloudSnapshot, DiskRecord } from '../../../drivers/volume/block/cloud.ts';
import { adoptableDisk } from './adoptable-disk.ts';
import type { Step } from './journal.ts';
import type { SmokeRun } from './run.ts';
import { settled } from './settled.ts';

/** Every call that the driver makes of a cloud, for stand-ins that attach disks only in name. */
export function diskSteps(run: SmokeRun): Step[] {
  const life = new DiskLife(run);
  return [
    { name: 'create', run: async () => await life.make('smoke') },
    { name: 'list', run: async () => await life.list() },
    { name: 'attach', run: async () => await life.attach() },
    { name: 'grow', run: async () => await life.grow() },
    { name: 'write the record', run: async () => await life.write() },
    { name: 'detach', run: async () => await life.detach() },
    { name: 'snapshot', run: async () => await life.snapshot() },
    { name: 'restore', run: async () => await life.make('restored') },
    { name: 'adopt a disk, and forget it', run: async () => await life.adopt() },
    { name: 'remove', run: async () => await life.remove() },
  ];
}

class DiskLife {
  readonly #run: SmokeRun;
  readonly #disks = new Map<string, CloudDisk>();
  #snapshot: CloudSnapshot | undefined;

  constructor(run: SmokeRun) {
    this.#run = run;
  }

  /** From the snapshot, once there is one. */
  async make(name: string): Promise<string> {
    const { cloud } = this.#run;
    const { given, effective: options } = this.#run.options({ size: '2GiB' });
    const { zone } = await cloud.machine();
    const record = recordOf(name, given);
    const made = await cloud.create({ record, options, zone, snapshot: this.#snapshot?.id, attempt: 0 });
    this.#disks.set(name, await settled(this.#run, made.id, ({ state }) => state === 'ready'));
    return `${made.id} in ${zone}`;
  }

  async list(): Promise<string> {
    const found = (await this.#run.cloud.list()).map(({ record }) => record?.name);
    assert.deepEqual(found, ['smoke']);
    return `${String(found.length)} disk, by its record`;
  }

  async attach(): Promise<string> {
    const { cloud } = this.#run;
    const machine = await cloud.machine();
    await cloud.attach(this.#disk('smoke'), machine, false);
    await this.#until(({ attachments }) => attachments[0]?.state === 'attached');
    return `machine ${machine.id}, ${await cloud.machineState(machine.id)}`;
  }

  async grow(): Promise<string> {
    const { effective } = this.#run.options({ size: '3GiB' });
    await this.#run.cloud.modify(this.#disk('smoke'), effective);
    const { sizeBytes } = await this.#until((disk) => disk.sizeBytes === effective.size);
    return `${String(sizeBytes)} bytes`;
  }

  async write(): Promise<string> {
    const { given } = this.#run.options({ size: '3GiB' });
    await this.#run.cloud.write(this.#disk('smoke'), { ...recordOf('smoke', given), content: 'own' });
    await this.#until(({ record }) => record?.content === 'own');
    return 'read back';
  }

  async detach(): Promise<string> {
    const { cloud } = this.#run;
    await cloud.detach(this.#disk('smoke'), (await cloud.machine()).id, false);
    await this.#until(({ attachments }) => attachments.length === 0);
    return 'on no machine';
  }

  async snapshot(): Promise<string> {
    const { cloud } = this.#run;
    const { id } = await cloud.snapshot(this.#disk('smoke'), 'reclaim');
    for (;;) {
      this.#snapshot = await cloud.findSnapshot(id);
      if (this.#snapshot?.state === 'ready') return id;
      if (this.#snapshot?.state === 'failed') throw new Error(`snapshot ${id} failed`);
      await sleep(1_000);
    }
  }

  async adopt(): Promise<string> {
    const { id } = await adoptableDisk(this.#run);
    const found = await this.#run.cloud.findForeign(id);
    assert.ok(found !== undefined && found.record === undefined);
    return id;
  }

  async remove(): Promise<string> {
    for (const name of this.#disks.keys()) await this.#run.cloud.delete(this.#disk(name));
    return `${String(this.#disks.size)} disks`;
  }

  #disk(name: string): CloudDisk {
    return this.#disks.get(name) ?? assert.fail(`there is no disk ${name}`);
  }

  /** The disk `smoke` once it is as wished. */
  async #until(wish: (disk: CloudDisk) => boolean): Promise<CloudDisk> {
    const disk = await settled(this.#run, this.#disk('smoke').id, wish);
    this.#disks.set('smoke', disk);
    return disk;
  }
}

function recordOf(name: string, given: DiskRecord['given']): DiskRecord {
  return { name, given, createdAt: new Date(), content: 'fresh', retained: false, lease: undefined };
}

import assert from 'node:assert/strict';
import { readFile, statfs, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { adoptableDisk } from './adoptable-disk.ts';
import type { Step } from './journal.ts';
import type { SmokeRun } from './run.ts';

const TEXT = 'written by scripts/smoke';

/** The life of a volume as containers and their operators see it. */
export function volumeSteps(run: SmokeRun): Step[] {
  const life = new VolumeLife(run);
  return [
    { name: 'create', run: async () => await life.create() },
    { name: 'mount', run: async () => await run.mount('smoke') },
    { name: 'write', run: async () => await life.write() },
    { name: 'grow in use', run: async () => await life.grow() },
    { name: 'unmount', run: async () => await life.unmount() },
    { name: 'clone through a snapshot', run: async () => await life.clone() },
    { name: 'remove with a last snapshot', run: async () => await life.removeWithSnapshot() },
    { name: 'restore', run: async () => await life.restore() },
    { name: 'adopt a disk, and forget it', run: async () => await life.adopt() },
    { name: 'remove', run: async () => await life.remove() },
  ];
}

class VolumeLife {
  readonly #run: SmokeRun;
  #path = '';

  constructor(run: SmokeRun) {
    this.#run = run;
  }

  async create(): Promise<string> {
    await this.#create('smoke', { size: '1GiB', fsType: 'xfs' });
    const { status } = await this.#run.service.get('smoke', this.#run.call());
    return `${String(status?.['disk'])} in ${String(status?.['zone'])}`;
  }

  async write(): Promise<string> {
    this.#path = (await this.#run.service.path('smoke', this.#run.call())) ?? '';
    await writeFile(join(this.#path, 'note'), TEXT, { flush: true });
    return `${String(TEXT.length)} bytes`;
  }

  async grow(): Promise<string> {
    const before = await sizeOf(this.#path);
    await this.#create('smoke', { size: '2GiB' });
    const after = await sizeOf(this.#path);
    assert.ok(after > before, `it has ${String(after)} bytes, and had ${String(before)}`);
    return `${String(before)} → ${String(after)} bytes`;
  }

  async unmount(): Promise<string> {
    await this.#run.unmount('smoke');
    return 'unmounted';
  }

  async clone(): Promise<string> {
    await this.#create('clone', { from: 'smoke' });
    return await this.#read('clone');
  }

  async removeWithSnapshot(): Promise<string> {
    await this.#create('clone', { reclaimPolicy: 'snapshot' });
    await this.#remove('clone');
    const [snapshot] = await this.#run.cloud.snapshots('reclaim');
    return String(snapshot?.id);
  }

  async restore(): Promise<string> {
    await this.#create('restored', { snapshot: 'clone', fsType: 'xfs' });
    return await this.#read('restored');
  }

  async adopt(): Promise<string> {
    const disk = await adoptableDisk(this.#run);
    await this.#create('adopted', { volumeId: disk.id });
    await this.#remove('adopted');
    const [left] = await this.#run.cloud.describe([disk.id]);
    assert.ok(left !== undefined && left.record === undefined, 'the disk is gone or still marked');
    return `${disk.id} is still there`;
  }

  async remove(): Promise<string> {
    await this.#remove('restored');
    await this.#remove('smoke');
    assert.deepEqual(await this.#run.service.list(this.#run.call()), []);
    return 'no volume is left';
  }

  async #create(name: string, options: Record<string, string>): Promise<void> {
    await this.#run.service.create(name, options, this.#run.call());
  }

  async #remove(name: string): Promise<void> {
    await this.#run.service.remove(name, this.#run.call());
  }

  async #read(name: string): Promise<string> {
    const path = await this.#run.mount(name);
    try {
      assert.equal(await readFile(join(path, 'note'), 'utf8'), TEXT);
    } finally {
      await this.#run.unmount(name);
    }
    return 'what was written';
  }
}

async function sizeOf(path: string): Promise<number> {
  const { blocks, bsize } = await statfs(path);
  return blocks * bsize;
}

import { constants, existsSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, open, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { run } from '../../../scripts/lib/run.ts';
import type { BayDisk, DiskBay } from './disk-bay.ts';
import type { DiskLook } from './disk-looks.ts';

interface Plugged {
  readonly disk: BayDisk;
  readonly number: number;
  /** Device node, e.g. `/dev/loop3`. */
  readonly loop: string;
  /** Its directory in the machine's tree. */
  readonly directory: string;
}

/** Where a bay keeps its trees, and what its disks look like. */
export interface LoopDiskBaySettings {
  /** Must be absent or empty, and on the file system that nothing else of the test needs. */
  readonly root: string;
  readonly look: DiskLook;
}

const SECTOR_BYTES = 512;

/**
 * Disks as loop devices of this machine. What the kernel would tell about the real ones lies in a tree like sysfs, one
 * per machine, whose `dev` files name the loop devices. A disk appears in it and vanishes from it in one step.
 *
 * It uses `losetup`, not the program's own calls, so that a fault of those is seen and not repeated.
 */
export class LoopDiskBay implements DiskBay {
  readonly #settings: LoopDiskBaySettings;
  readonly #machines = new Map<string, Map<string, Plugged>>();

  constructor(settings: LoopDiskBaySettings) {
    this.#settings = settings;
  }

  /** The machine's `/sys`; it exists from the first call on. */
  async sysfsOf(machine: string): Promise<string> {
    const sysfs = join(this.#settings.root, machine, 'sys');
    await mkdir(join(sysfs, 'block'), { recursive: true });
    return sysfs;
  }

  /** The device node that shows a disk to a machine. */
  deviceOf(machine: string, id: string): string | undefined {
    return this.#machines.get(machine)?.get(id)?.loop;
  }

  async plugIn(machine: string, disk: BayDisk): Promise<void> {
    const disks = this.#disksOf(machine);
    if (disks.has(disk.id)) throw new Error(`${disk.id} is in ${machine} already`);
    const sysfs = await this.sysfsOf(machine);
    const number = firstFree([...disks.values()].map((plugged) => plugged.number));
    const directory = join(sysfs, 'block', this.#settings.look.nameOf(number));
    // Taken before the first wait, so that two disks at a time get two numbers.
    disks.set(disk.id, { disk, number, loop: '', directory });
    try {
      const flags = disk.readOnly ? ['--read-only'] : [];
      const loop = (await run('losetup', ['--find', '--show', ...flags, disk.file])).trim();
      disks.set(disk.id, { disk, number, loop, directory });
      await this.#show(directory, disk, loop);
    } catch (error) {
      await this.pullOut(machine, disk.id);
      throw error;
    }
  }

  async #show(directory: string, disk: BayDisk, loop: string): Promise<void> {
    const device = readFileSync(join('/sys/block', loop.replace('/dev/', ''), 'dev'), 'utf8');
    const files: Record<string, Buffer | string> = {
      dev: device,
      size: sectors(disk.sizeBytes),
      ro: disk.readOnly ? '1\n' : '0\n',
      ...this.#settings.look.files(disk),
    };
    const aside = await mkdtemp(join(this.#settings.root, 'appearing-'));
    for (const [path, content] of Object.entries(files)) {
      await mkdir(dirname(join(aside, path)), { recursive: true });
      await writeFile(join(aside, path), content);
    }
    await rename(aside, directory);
  }

  async pullOut(machine: string, id: string): Promise<void> {
    const plugged = this.#machines.get(machine)?.get(id);
    if (plugged === undefined) return;
    if (existsSync(plugged.directory)) {
      const aside = await mkdtemp(join(this.#settings.root, 'vanishing-'));
      await rename(plugged.directory, aside);
      await rm(aside, { recursive: true });
    }
    if (plugged.loop !== '') {
      if (await isClaimed(plugged.loop)) await this.#cutOff(machine, plugged);
      // A mounted one goes when it is unmounted.
      await run('losetup', ['--detach', plugged.loop]);
    }
    this.#machines.get(machine)?.delete(id);
  }

  /**
   * A loop device cannot be torn out under a mount. So the file is replaced by a copy of itself: whatever the machine
   * still writes goes to a file that nobody sees any more.
   */
  async #cutOff(machine: string, { disk }: Plugged): Promise<void> {
    const others = [...this.#machines].filter(([name, disks]) => name !== machine && disks.has(disk.id));
    // With multi-attach another machine goes on writing to this very file.
    if (others.length > 0) return;
    const copy = `${disk.file}.cut-off`;
    await run('cp', ['--sparse=always', '--reflink=auto', disk.file, copy]);
    await rename(copy, disk.file);
  }

  async resized(machine: string, id: string, sizeBytes: number): Promise<void> {
    const plugged = this.#machines.get(machine)?.get(id);
    if (plugged === undefined) return;
    try {
      await run('losetup', ['--set-capacity', plugged.loop]);
      const aside = join(await mkdtemp(join(this.#settings.root, 'growing-')), 'size');
      await writeFile(aside, sectors(sizeBytes));
      await rename(aside, join(plugged.directory, 'size'));
      await rm(dirname(aside), { recursive: true });
    } catch (error) {
      // It was pulled out meanwhile.
      if (existsSync(plugged.directory)) throw error;
    }
  }

  async isBusy(machine: string, id: string): Promise<boolean> {
    const loop = this.deviceOf(machine, id);
    return loop !== undefined && loop !== '' && (await isClaimed(loop));
  }

  async close(): Promise<void> {
    for (const [machine, disks] of this.#machines) {
      for (const id of disks.keys()) await this.pullOut(machine, id);
    }
  }

  #disksOf(machine: string): Map<string, Plugged> {
    const disks = this.#machines.get(machine) ?? new Map<string, Plugged>();
    this.#machines.set(machine, disks);
    return disks;
  }
}

/** Whether a mount, in whatever namespace, or another owner holds the device: an exclusive opening fails then. */
async function isClaimed(device: string): Promise<boolean> {
  try {
    const handle = await open(device, constants.O_RDONLY | constants.O_EXCL);
    await handle.close();
    return false;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EBUSY') return true;
    throw error;
  }
}

function firstFree(taken: readonly number[]): number {
  let number = 0;
  while (taken.includes(number)) number += 1;
  return number;
}

function sectors(bytes: number): string {
  return `${String(Math.floor(bytes / SECTOR_BYTES))}\n`;
}

import type { BlockDevices, Disk, LoopDevice } from '../core/ports/host.ts';
import type { Disks } from './disks.ts';
import type { LoopDevices } from './loop-devices.ts';

/** Loop devices and disks as one port. */
export class KernelBlockDevices implements BlockDevices {
  readonly #loops: LoopDevices;
  readonly #disks: Disks;

  constructor(loops: LoopDevices, disks: Disks) {
    this.#loops = loops;
    this.#disks = disks;
  }

  findLoop(file: string): Promise<LoopDevice | undefined> {
    return this.#loops.findLoop(file);
  }

  attachLoop(file: string): Promise<LoopDevice> {
    return this.#loops.attachLoop(file);
  }

  refreshLoop(loop: LoopDevice): Promise<void> {
    return this.#loops.refreshLoop(loop);
  }

  findDisk(serial: string): Promise<Disk | undefined> {
    return this.#disks.find(serial);
  }

  waitForDisk(serial: string, milliseconds: number): Promise<Disk> {
    return this.#disks.wait(serial, milliseconds);
  }

  openPartition(disk: Disk, number: number): Promise<Disk> {
    return this.#disks.openPartition(disk, number);
  }

  refreshDisk(disk: Disk): Promise<number> {
    return this.#disks.refresh(disk);
  }

  isInUse(disk: Disk): Promise<boolean> {
    return this.#disks.isInUse(disk);
  }
}

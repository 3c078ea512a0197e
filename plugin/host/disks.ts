import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { setTimeout } from 'node:timers/promises';
import { clip, StowageError } from '../core/errors.ts';
import type { Disk, Log } from '../core/ports/host.ts';
import { deviceOf } from './device-nodes.ts';
import { sizeOf } from './device-reading.ts';
import { holdDisk } from './held-disk.ts';
import { attempt, hostFailure } from './host-failure.ts';
import { shownDisk, shownDisks, type ShownDisk, shownPartition, shownPartitions } from './sysfs-disks.ts';
import type { SysfsWriter } from './sysfs-writer.ts';
import { errnoOf } from './system-call-error.ts';

/** Where disks are looked for. */
export interface DiskSettings {
  /** The `/sys` that shows them. */
  readonly hostSys: string;
  /** For device nodes that `/dev` lacks. */
  readonly deviceDirectory: string;
  readonly writer: SysfsWriter;
  readonly log: Log;
}

/** A disk that changes under our hands is looked at again so often, this far apart. */
const ATTEMPTS = 5;
const ATTEMPT_PAUSE_MS = 20;
/**
 * Waiting reads sysfs again and again, which takes under a millisecond. Nothing tells of a new disk: the kernel's
 * messages come by netlink, which Node does not speak; changes in sysfs cannot be watched; and udev is not in the
 * plugin's image. A disk shows up seconds after the cloud was asked for it, so a quarter of a second
 * is little, and the first looks are close together for the disk that is all but there.
 */
const WAIT = { firstMs: 20, longestMs: 250, factor: 1.5 };
/** Whichever of them the kind of disk has: SCSI's, and NVMe's, which does it by itself but for some emulators. */
const RESCAN = ['device/rescan', 'device/rescan_controller'];

/** The machine's disks by the kernel's own lists; no udev, no links in `/dev`. */
export class Disks {
  readonly #settings: DiskSettings;

  constructor(settings: DiskSettings) {
    this.#settings = settings;
  }

  /** As `BlockDevices.findDisk`. */
  async find(serial: string): Promise<Disk | undefined> {
    const wanted = serial.trim();
    return this.#hold(`the disk with the serial ${clip(wanted)}`, async () => {
      const disks = await this.#disks();
      // Without this, an empty serial would be that of every disk that tells none.
      const matching = disks.filter((disk) => wanted !== '' && disk.serial === wanted);
      if (matching.length > 1) {
        const names = matching.map((disk) => disk.description).join(' and ');
        throw unavailable(`two disks show the serial ${clip(wanted)}: ${names}`);
      }
      const [disk] = matching;
      return disk && (() => shownDisk(disk.directory));
    });
  }

  /** As `BlockDevices.waitForDisk`. */
  async wait(serial: string, milliseconds: number): Promise<Disk> {
    const end = performance.now() + milliseconds;
    for (let pause = WAIT.firstMs; ; pause = Math.min(pause * WAIT.factor, WAIT.longestMs)) {
      const found = await this.find(serial).catch(passing);
      if (found !== undefined && !(found instanceof StowageError)) return found;
      const left = end - performance.now();
      if (left <= 0) throw found ?? (await this.#didNotCome(serial, milliseconds));
      await setTimeout(Math.min(pause, left));
    }
  }

  async #didNotCome(serial: string, milliseconds: number): Promise<StowageError> {
    const disks = (await this.#disks()).filter((disk) => disk.serial !== undefined);
    const names =
      disks.length === 0 ? 'none with a serial' : disks.map((disk) => disk.description).join(', ');
    return unavailable(
      `no disk with the serial ${clip(serial.trim())} has come within ${milliseconds / 1000} s; there are: ${names}`,
    );
  }

  /** As `BlockDevices.openPartition`. */
  async openPartition(disk: Disk, number: number): Promise<Disk> {
    const what = `partition ${number} of ${disk.description}`;
    const held = await this.#hold(what, async () => {
      const whole = await this.#shown(disk);
      const parts = whole === undefined ? [] : await shownPartitions(whole);
      const part = parts.find(({ partition }) => partition === number);
      if (whole === undefined || part === undefined) throw noPartition(disk, number, parts);
      return () => shownPartition(whole, part.directory);
    });
    return held ?? Promise.reject(unavailable(`${what} has gone`));
  }

  /** As `BlockDevices.refreshDisk`. */
  async refresh(disk: Disk): Promise<number> {
    const shown = await this.#shown(disk);
    if (shown !== undefined) {
      for (const file of RESCAN) await this.#settings.writer.write(`block/${shown.name}/${file}`, '1\n');
    }
    return attempt(`reading the size of ${disk.path}`, async () => {
      const handle = await open(disk.path, constants.O_RDONLY);
      try {
        const { rdev } = await handle.stat({ bigint: true });
        if (deviceOf(rdev) !== disk.device)
          throw unavailable(`${disk.path} is no longer ${disk.description}`);
        return await sizeOf(handle);
      } finally {
        await handle.close();
      }
    });
  }

  /** As `BlockDevices.isInUse`. */
  async isInUse(disk: Disk): Promise<boolean> {
    try {
      const handle = await open(disk.path, constants.O_RDONLY | constants.O_EXCL);
      await handle.close();
      return false;
    } catch (error) {
      if (errnoOf(error) === 'EBUSY') return true;
      throw hostFailure(`asking whether ${disk.path} is in use`, error);
    }
  }

  /** Holds what `choose` chooses, choosing anew when it changes meanwhile. */
  async #hold(
    what: string,
    choose: () => Promise<(() => Promise<ShownDisk | undefined>) | undefined>,
  ): Promise<Disk | undefined> {
    let reason = '';
    for (let round = 0; round < ATTEMPTS; round += 1) {
      if (round > 0) await setTimeout(ATTEMPT_PAUSE_MS);
      const look = await choose();
      if (look === undefined) return undefined;
      const held = await attemptDevice(`opening ${what}`, () =>
        holdDisk(look, this.#settings.deviceDirectory),
      );
      if ('release' in held) {
        this.#settings.log.debug({ disk: held.path, device: held.device, what }, 'holds a disk');
        return held;
      }
      reason = held.reason;
    }
    throw unavailable(`${what} cannot be relied on: ${reason}`);
  }

  #disks(): Promise<ShownDisk[]> {
    return attemptDevice('reading the list of disks', () => shownDisks(this.#settings.hostSys));
  }

  /** By its numbers, which it has for as long as it is held. */
  async #shown(disk: Disk): Promise<ShownDisk | undefined> {
    return (await this.#disks()).find(({ device }) => device === disk.device);
  }
}

/** What another look may put right: two disks show the serial while one of them is just going. */
function passing(error: unknown): StowageError {
  if (error instanceof StowageError && error.code === 'E_DEVICE_UNAVAILABLE') return error;
  throw error;
}

async function attemptDevice<Result>(doing: string, step: () => Promise<Result>): Promise<Result> {
  try {
    return await step();
  } catch (error) {
    throw hostFailure(doing, error, 'E_DEVICE_UNAVAILABLE');
  }
}

function noPartition(disk: Disk, number: number, parts: readonly ShownDisk[]): StowageError {
  const there = parts.map(({ partition, sizeBytes }) => `${partition} (${sizeBytes} bytes)`).join(', ');
  return unavailable(
    `${disk.description} has no partition ${number}; ${there === '' ? 'it has none' : `there are: ${there}`}`,
    'Name a partition that there is, or none to use the whole disk.',
  );
}

function unavailable(message: string, remedy?: string): StowageError {
  return new StowageError('E_DEVICE_UNAVAILABLE', message, {
    remedy: remedy ?? 'See whether the cloud has the disk attached to this machine, then repeat.',
  });
}

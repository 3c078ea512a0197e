import { StowageError } from '../../../plugin/core/errors.ts';
import type { Clock, Log } from '../../../plugin/core/ports/host.ts';
import type { Attachment, BlockCloud, CloudDisk, Machine } from './cloud.ts';
import { isVolume, type DiskDirectory, type VolumeDisk } from './disk-directory.ts';
import type { DiskWaiter } from './disk-waiter.ts';
import type { BlockOptions } from './options.ts';
import { wrongZone } from './refusals.ts';
import { makeWayFor } from './preemption.ts';

/** Longer than this no healthy attachment takes; what is still on its way then never comes. */
const ATTACH_LIMIT_MS = 90_000;
/** A machine that lets go takes seconds, one that is busy writing longer. */
const DETACH_LIMIT_MS = 120_000;
/** A describe may for a while not show what was just asked for. */
const SURELY_SHOWN_MS = 10_000;
/** How often a disk may turn out to be elsewhere than it was a moment ago. */
const ROUNDS = 5;

/** What an `Attacher` is made of. */
export interface AttacherParts<Options extends BlockOptions> {
  readonly cloud: BlockCloud<Options>;
  readonly directory: DiskDirectory;
  readonly waiter: DiskWaiter;
  readonly clock: Clock;
  readonly log: Log;
}

/** Brings disks to this machine and takes them off, one mutation at a time. Callers hold the volume's turn. */
export class Attacher<Options extends BlockOptions> {
  readonly #parts: AttacherParts<Options>;

  constructor(parts: AttacherParts<Options>) {
    this.#parts = parts;
  }

  /**
   * After it resolves the cloud says that this machine has the disk, alone unless it is shared read-only. E_VOLUME_IN_USE
   * names the machine that has it and may keep it; E_WRONG_ZONE; E_CLOUD_LIMIT.
   */
  async attach(disk: VolumeDisk, options: Options): Promise<VolumeDisk> {
    const machine = await this.#parts.cloud.machine();
    if (disk.zone !== machine.zone) throw wrongZone(disk, machine);
    let current = disk;
    for (let round = 0; round < ROUNDS; round += 1) {
      const mine = attachmentOf(current, machine.id);
      if (mine?.state === 'attached') return await this.#lease(current, machine);
      if (mine?.state === 'attaching') current = await this.#arrived(current, machine);
      else if (mine?.state === 'detaching') current = await this.#left(current, machine.id);
      else current = await this.#take(current, machine, options);
    }
    throw new StowageError('E_CLOUD_FAILED', `disk ${disk.id} is handed to and fro between machines`, {
      remedy: 'Let one machine at a time use it, then repeat.',
    });
  }

  /** After it resolves the disk is not on this machine, or was never: what another machine has stays there. */
  async detach(disk: CloudDisk): Promise<void> {
    const machine = await this.#parts.cloud.machine();
    const mine = attachmentOf(disk, machine.id);
    if (mine === undefined) return;
    if (mine.state !== 'detaching') await this.#parts.cloud.detach(disk, machine.id, false);
    await this.#gone(disk.id, machine.id);
  }

  /** The other machines that have the disk, or are about to. */
  async others(disk: CloudDisk): Promise<Attachment[]> {
    const machine = await this.#parts.cloud.machine();
    return disk.attachments.filter((attachment) => attachment.machine !== machine.id);
  }

  /** One step towards having the disk; resolves with it as it is afterwards. */
  async #take(disk: VolumeDisk, machine: Machine, options: Options): Promise<VolumeDisk> {
    const { cloud } = this.#parts;
    const shared = options.readOnly && disk.sharable;
    const holder = shared ? undefined : disk.attachments[0];
    if (holder !== undefined) {
      if (holder.state !== 'detaching') await makeWayFor(this.#parts, disk, holder.machine, options.preempt);
      return await this.#left(disk, holder.machine);
    }
    const leased = await this.#lease(disk, machine);
    try {
      await cloud.attach(leased, machine, options.readOnly);
    } catch (thrown) {
      if (!(thrown instanceof StowageError) || thrown.code !== 'E_VOLUME_IN_USE') throw thrown;
      // Another machine was faster. The next round looks who it is.
      this.#parts.log.info({ disk: disk.id }, 'another machine was faster');
      return await this.#known(disk);
    }
    return await this.#arrived(leased, machine);
  }

  /** Written before the disk is touched, so that its former machine can tell that it has lost it. */
  async #lease(disk: VolumeDisk, machine: Machine): Promise<VolumeDisk> {
    if (disk.record.lease === machine.id) return disk;
    const leased = { ...disk, record: { ...disk.record, lease: machine.id } };
    await this.#parts.cloud.write(disk, leased.record);
    this.#parts.directory.put(leased);
    return leased;
  }

  /** The disk once it is here, or once the cloud shows that it is not on its way: something has taken it off again. */
  async #arrived(disk: VolumeDisk, machine: Machine): Promise<VolumeDisk> {
    const begunAt = this.#parts.clock.now();
    try {
      const arrived = await this.#parts.waiter.until({
        id: disk.id,
        what: `onto machine ${machine.id}`,
        limitMs: ATTACH_LIMIT_MS,
        judge: (now) => {
          if (now === undefined || !isVolume(now)) return undefined;
          const state = attachmentOf(now, machine.id)?.state;
          if (state === 'attached') return now;
          return state !== 'attaching' && this.#parts.clock.now() - begunAt > SURELY_SHOWN_MS
            ? now
            : undefined;
        },
      });
      // A describe may be older than what was written a moment ago.
      return { ...arrived, record: { ...arrived.record, lease: machine.id } };
    } catch (thrown) {
      if (thrown instanceof StowageError && thrown.code === 'E_CLOUD_FAILED')
        // Stuck; the next attempt begins anew.
        await this.#parts.cloud.detach(disk, machine.id, false);
      throw thrown;
    }
  }

  async #left(disk: VolumeDisk, machine: string): Promise<VolumeDisk> {
    await this.#gone(disk.id, machine);
    return await this.#known(disk);
  }

  async #gone(id: string, machine: string): Promise<void> {
    await this.#parts.waiter.until({
      id,
      what: `off machine ${machine}`,
      limitMs: DETACH_LIMIT_MS,
      judge: (now) => now === undefined || attachmentOf(now, machine) === undefined || undefined,
    });
  }

  async #known(disk: VolumeDisk): Promise<VolumeDisk> {
    const now = await this.#parts.directory.describe(disk.id);
    if (now !== undefined && isVolume(now)) return now;
    throw new StowageError('E_VOLUME_NOT_FOUND', `its disk ${disk.id} is gone from the cloud`);
  }
}

function attachmentOf(disk: CloudDisk, machine: string): Attachment | undefined {
  return disk.attachments.find((attachment) => attachment.machine === machine);
}

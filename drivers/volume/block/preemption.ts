import type { Log } from '../../../plugin/core/ports/host.ts';
import type { BlockCloud, MachineState } from './cloud.ts';
import type { VolumeDisk } from './disk-directory.ts';
import type { DiskWaiter } from './disk-waiter.ts';
import type { BlockOptions } from './options.ts';
import { heldElsewhere } from './refusals.ts';

/** What a take-over needs. */
interface PreemptionParts<Options extends BlockOptions> {
  readonly cloud: BlockCloud<Options>;
  readonly waiter: DiskWaiter;
  readonly log: Log;
}

/** A machine whose container has just ended lets go of the disk after its grace; so long it is worth waiting for. */
const HAND_OVER_MS = 15_000;

/**
 * Takes a disk from the machine that has it, where `preempt` allows: `dead` only from a machine that the cloud itself
 * calls stopped or gone, since any other may still write. One that runs gets a moment to let go by itself.
 * E_VOLUME_IN_USE naming the machine otherwise. Resolves when the disk is on its way.
 */
export async function makeWayFor<Options extends BlockOptions>(
  { cloud, waiter, log }: PreemptionParts<Options>,
  disk: VolumeDisk,
  holder: string,
  preempt: BlockOptions['preempt'],
): Promise<void> {
  const state = preempt === 'never' ? 'unknown' : await cloud.machineState(holder);
  const dead = state === 'stopped' || state === 'gone';
  if (!dead && (await leaves(waiter, disk, holder))) return;
  if (!dead && preempt !== 'always') throw heldElsewhere(disk, holder, inWords(state, preempt));
  log.warn({ disk: disk.id, holder, state, preempt }, 'takes a disk from another machine');
  // A dead machine holds nothing back; one that lives would be asked, and may not answer.
  await cloud.detach(disk, holder, !dead);
}

async function leaves(waiter: DiskWaiter, { id }: VolumeDisk, holder: string): Promise<boolean> {
  const left = await waiter.within({
    id,
    limitMs: HAND_OVER_MS,
    judge: (now) => {
      const state = now?.attachments.find(({ machine }) => machine === holder)?.state;
      return state === undefined || state === 'detaching' || undefined;
    },
  });
  return left === true;
}

function inWords(state: MachineState, preempt: BlockOptions['preempt']): string {
  if (preempt === 'never') return 'preempt=never';
  return state === 'running' ? 'which is running' : 'of which the cloud does not say that it is stopped';
}

import type { Log } from '../../../plugin/core/ports/host.ts';
import type { BlockCloud, MachineState } from './cloud.ts';
import type { VolumeDisk } from './disk-directory.ts';
import type { BlockOptions } from './options.ts';
import { heldElsewhere } from './refusals.ts';

/**
 * Takes a disk from the machine that has it, where `preempt` allows: `dead` only from a machine that the cloud itself
 * calls stopped or gone, since any other may still write. E_VOLUME_IN_USE naming the machine otherwise. Resolves when the
 * cloud has accepted; the disk leaves a moment later.
 */
export async function makeWayFor<Options extends BlockOptions>(
  { cloud, log }: { readonly cloud: BlockCloud<Options>; readonly log: Log },
  disk: VolumeDisk,
  holder: string,
  preempt: BlockOptions['preempt'],
): Promise<void> {
  const state = preempt === 'never' ? 'unknown' : await cloud.machineState(holder);
  const dead = state === 'stopped' || state === 'gone';
  if (!dead && preempt !== 'always') throw heldElsewhere(disk, holder, inWords(state, preempt));
  log.warn({ disk: disk.id, holder, state, preempt }, 'takes a disk from another machine');
  // A dead machine holds nothing back; one that lives would be asked, and may not answer.
  await cloud.detach(disk, holder, !dead);
}

function inWords(state: MachineState, preempt: BlockOptions['preempt']): string {
  if (preempt === 'never') return 'preempt=never';
  return state === 'running' ? 'which is running' : 'of which the cloud does not say that it is stopped';
}

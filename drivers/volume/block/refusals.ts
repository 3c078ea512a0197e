import { StowageError } from '../../../plugin/core/errors.ts';
import type { DiskContent } from '../../../plugin/core/ports/host.ts';
import type { CloudDisk, Machine } from './cloud.ts';

/** Another machine has the disk and may keep it. */
export function heldElsewhere(disk: CloudDisk, holder: string, why: string): StowageError {
  return new StowageError(
    'E_VOLUME_IN_USE',
    `its disk ${disk.id} is attached to machine ${holder} (${why})`,
    {
      remedy: `Stop what uses it there, or stop machine ${holder}; preempt=always takes it from a machine that runs, with the loss of what that has not written yet.`,
      details: { holder },
    },
  );
}

/** What is mounted here is a disk that this machine no longer has. */
export function lost({ id }: CloudDisk): StowageError {
  return new StowageError(
    'E_MOUNT_FAILED',
    `its disk ${id} was taken off this machine while it was mounted, so what is mounted is dead`,
    { remedy: 'Stop and remove the containers that use it here; the next mount attaches the disk anew.' },
  );
}

/** Disks do not leave their zone. */
export function wrongZone(disk: CloudDisk, machine: Machine): StowageError {
  return new StowageError(
    'E_WRONG_ZONE',
    `its disk ${disk.id} is in zone ${disk.zone}, this machine is in ${machine.zone}`,
  );
}

/** The disk is not what it must be, to be used or to be formatted. Nothing was written to it. */
export function unexpectedContent(disk: CloudDisk, content: DiskContent, why: string): StowageError {
  return new StowageError(
    'E_DISK_NOT_BLANK',
    `its disk ${disk.id} holds ${seen(content)}, ${why}; nothing was written to it`,
  );
}

function seen(content: DiskContent): string {
  if (content.kind === 'blank') return 'nothing';
  return content.kind === 'other' ? content.description : `a file system of type ${content.facts.type}`;
}

import path from 'node:path';
import type { Host, Log } from '../core/ports/host.ts';
import { KernelBlockDevices } from './block-devices.ts';
import { CopyCommands } from './copy.ts';
import { Disks } from './disks.ts';
import { KernelFileSystems } from './file-systems.ts';
import { KernelFileTree } from './file-tree.ts';
import { LinkFreeView } from './link-free-view.ts';
import { LoopDevices } from './loop-devices.ts';
import { KernelMounter } from './mounter.ts';
import { commandRunner } from './run-command.ts';
import { ScratchDirectories } from './scratch-directories.ts';
import { SysfsWriter } from './sysfs-writer.ts';
import { SyscallPool } from './syscall-pool.ts';

export { systemClock } from './clock.ts';
export { SqliteStateStore } from './state-store.ts';

/** What differs between a managed plugin and a plain process. */
export interface HostSettings {
  /** Where the proc file system of the whole machine is: `/proc`, or where the host's is bound. */
  readonly hostProc: string;
  /** Where the disks of the whole machine are listed; `/sys` when not said, which shows them in a container too. */
  readonly hostSys?: string;
  /** A directory of our own for passing mounts and device nodes, best on a tmpfs. */
  readonly runDirectory: string;
  readonly log: Log;
}

/** Puts the pieces together. Costs nothing until something is asked of it. */
export function createHost(settings: HostSettings): Host {
  const { log, runDirectory, hostSys = '/sys' } = settings;
  const calls = new SyscallPool();
  const run = commandRunner(log);
  const mounts = new KernelMounter(calls, log, { hostProc: settings.hostProc });
  const scratch = new ScratchDirectories(
    path.join(runDirectory, 'scratch'),
    (target) => mounts.unmount(target),
    log,
  );
  const deviceDirectory = path.join(runDirectory, 'dev');
  const writer = new SysfsWriter({ hostSys, mounts, scratch, log });
  return {
    mounts,
    blockDevices: new KernelBlockDevices(
      new LoopDevices({ deviceDirectory, log }),
      new Disks({ hostSys, deviceDirectory, writer, log }),
    ),
    fileSystems: new KernelFileSystems(run, calls),
    files: new KernelFileTree(new CopyCommands(run, calls, new LinkFreeView(mounts, scratch, log)), scratch),
    clearLeftovers: () => scratch.clearLeftovers(),
  };
}

import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { beforeEach } from 'node:test';
import type { BlockDevices, Disk, Host, LoopDevice } from '../../plugin/core/ports/host.ts';
import { createHost } from '../../plugin/host/index.ts';
import type { HostBench } from './host-bench.ts';
import { nvmeFiles, ShownDisks } from './shown-disks.ts';

/** Serial of the disk that a test is about. */
export const SERIAL = 'vol0123456789abcdef0';

/** A disk that was found as a driver finds it, and the loop device that it is. */
export interface Attached {
  readonly disk: Disk;
  readonly loop: LoopDevice;
}

/** A host that sees the disks of a tree of the test's own. */
export interface DiskBench {
  readonly host: Host;
  readonly disks: BlockDevices;
  readonly tree: ShownDisks;
  /** A loop device for a new file; the test gives it back. */
  loopFor(name: string, size: number): Promise<LoopDevice>;
  /** Shows a file as the disk with SERIAL. */
  attach(file: string): Promise<Attached>;
  detach(attached: Attached): Promise<void>;
}

/** Gives every test of a suite such a host, in the directory of its bench. */
export function useDisks(bench: () => HostBench): () => DiskBench {
  let current: DiskBench;
  beforeEach(() => {
    current = openBench(bench());
  });
  return () => current;
}

function openBench({ at, log }: HostBench): DiskBench {
  const tree = new ShownDisks(at('sys'));
  const host = createHost({ hostProc: '/proc', hostSys: tree.sys, runDirectory: at('run'), log });
  const disks = host.blockDevices;
  return {
    host,
    disks,
    tree,
    async loopFor(name, size) {
      await host.files.allocate(at(name), size);
      return disks.attachLoop(at(name));
    },
    async attach(file) {
      const loop = await disks.attachLoop(file);
      tree.show('nvme1n1', loop, nvmeFiles(SERIAL));
      return { loop, disk: await disks.waitForDisk(SERIAL, 1000) };
    },
    async detach({ disk, loop }) {
      tree.hide('nvme1n1');
      await disk.release();
      await loop.release();
    },
  };
}

/** SHA-256 of a file, holes and all. */
export async function hashOf(file: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(file, { highWaterMark: 1024 * 1024 })) {
    hash.update(chunk as Buffer);
  }
  return hash.digest('hex');
}

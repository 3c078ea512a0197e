import { availableParallelism, cpus, release, totalmem } from 'node:os';
import { run } from '../run.ts';
import type { Workplace } from './workplace.ts';

/** What the figures depend on, in one line each. */
export async function machineFacts(workplace: Workplace): Promise<string[]> {
  const fileSystem = (await run('findmnt', ['-no', 'FSTYPE', '-T', workplace.directory])).trim();
  const memory = `${(totalmem() / 2 ** 30).toFixed(0)} GiB of memory`;
  return [
    `Linux ${release()}, ${process.arch}, ${availableParallelism()} cores (${cpus()[0]?.model ?? 'unknown'}), ${memory}`,
    `data on ${fileSystem}`,
    `Node ${process.versions.node}`,
  ];
}

import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach } from 'node:test';
import { type ErrorCode, StowageError } from '../../plugin/core/errors.ts';
import type { Host } from '../../plugin/core/ports/host.ts';
import { createHost } from '../../plugin/host/index.ts';
import { eventually } from './eventually.ts';
import { loopsBelow } from './loop-devices.ts';
import { mountsBelow } from './mount-table.ts';
import { RecordingLog } from './recording-log.ts';

/** The real host in a directory of the test's own. */
export interface HostBench {
  readonly host: Host;
  readonly log: RecordingLog;
  readonly directory: string;
  /** A path in the directory. */
  readonly at: (name: string) => string;
  /** A new directory in it. */
  readonly directoryAt: (name: string) => string;
}

/**
 * Gives every test of a suite a host of its own and afterwards proves that it left neither a mount nor a loop device.
 * Only in its own directory, because other tests may run beside it.
 */
export function useHost(): () => HostBench {
  let bench: HostBench | undefined;
  beforeEach(() => {
    bench = openBench();
  });
  afterEach(async () => {
    const { host, directory } = current();
    const left = mountsBelow('self', directory);
    for (const { target } of left.toReversed()) await host.mounts.unmount(target);
    await eventually(() => assert.deepEqual(loopsBelow(directory), []));
    rmSync(directory, { recursive: true });
    assert.deepEqual(left, [], 'the test left mounts');
  });
  const current = (): HostBench => {
    assert.ok(bench !== undefined);
    return bench;
  };
  return current;
}

function openBench(): HostBench {
  const directory = mkdtempSync('/var/tmp/stowage-host-');
  const log = new RecordingLog();
  const at = (name: string): string => join(directory, name);
  return {
    host: createHost({ hostProc: '/proc', runDirectory: at('run'), log }),
    log,
    directory,
    at,
    directoryAt: (name) => {
      mkdirSync(at(name));
      return at(name);
    },
  };
}

/** The StowageError that a call throws; anything else fails the test. */
export async function thrownBy(work: () => unknown, code: ErrorCode): Promise<StowageError> {
  let thrown: unknown;
  try {
    await work();
  } catch (error) {
    thrown = error;
  }
  assert.ok(thrown instanceof StowageError, `it threw ${String(thrown)}`);
  assert.equal(thrown.code, code, thrown.message);
  assert.ok(thrown.message.length > 0 && thrown.remedy.length > 0);
  return thrown;
}

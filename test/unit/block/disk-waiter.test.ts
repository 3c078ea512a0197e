import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { CloudDisk } from '../../../drivers/volume/block/cloud.ts';
import { DiskDirectory } from '../../../drivers/volume/block/disk-directory.ts';
import { DiskWaiter } from '../../../drivers/volume/block/disk-waiter.ts';
import { StowageError } from '../../../plugin/core/errors.ts';
import { fastClock } from '../../support/fast-clock.ts';
import { RecordingLog } from '../../support/recording-log.ts';

/** A cloud in which every disk becomes ready after this time, and that counts how often it is asked. */
function cloudOf(readyAfterMs: number, largestDescribe: number) {
  const clock = fastClock(10);
  const begun = clock.now();
  const asked: string[][] = [];
  const fault: { error: StowageError | undefined } = { error: undefined };
  const describeDisks = async (ids: readonly string[]): Promise<CloudDisk[]> => {
    asked.push([...ids]);
    if (fault.error !== undefined) throw fault.error;
    const state = clock.now() - begun >= readyAfterMs ? 'ready' : 'pending';
    return await Promise.resolve(ids.map((id) => diskOf(id, state)));
  };
  const cloud = { largestDescribe, describe: describeDisks, list: async () => await Promise.resolve([]) };
  const waiter = new DiskWaiter(new DiskDirectory(cloud, clock), clock, new RecordingLog());
  return { waiter, asked, fault, clock, begun };
}

function diskOf(id: string, state: CloudDisk['state']): CloudDisk {
  const times = { madeAt: new Date(0), sizeBytes: 1, serial: id, zone: 'a' };
  return { id, state, attachments: [], sharable: false, record: undefined, facts: {}, ...times };
}

const ready = (disk: CloudDisk | undefined): true | undefined => disk?.state === 'ready' || undefined;

describe('waiting for a cloud', () => {
  it('asks once for all that wait, however many and whenever they began', async () => {
    const { waiter, asked, clock } = cloudOf(8_000, 500);
    await Promise.all(
      Array.from({ length: 100 }, async (_, index) => {
        await new Promise<void>((resolve) => void clock.after(index * 10, resolve));
        await waiter.until({ id: `d${String(index)}`, what: 'up', limitMs: 60_000, judge: ready });
      }),
    );
    // Each by itself would ask a dozen times.
    assert.ok(asked.length <= 60, `asked ${String(asked.length)} times for 100 disks`);
    assert.equal(new Set(asked.flat()).size, 100);
  });

  it('asks for no more at a time than the cloud takes', async () => {
    const { waiter, asked } = cloudOf(0, 20);
    const wish = { what: 'up', limitMs: 10_000, judge: ready };
    await Promise.all(
      Array.from(
        { length: 50 },
        async (_, index) => await waiter.until({ id: `d${String(index)}`, ...wish }),
      ),
    );
    assert.ok(asked.every((ids) => ids.length <= 20));
    assert.equal(new Set(asked.flat()).size, 50);
  });

  it('gives up after its time, but an outage does not count', async () => {
    const { waiter, fault, clock, begun } = cloudOf(Infinity, 500);
    fault.error = new StowageError('E_CLOUD_UNAVAILABLE', 'no answer');
    clock.after(5_000, () => (fault.error = undefined));
    const waiting = waiter.until({ id: 'd', what: 'up', limitMs: 3_000, judge: ready });
    await assert.rejects(waiting, { code: 'E_CLOUD_FAILED', message: /disk d did not come up within 3 s/ });
    assert.ok(clock.now() - begun >= 7_000);
  });
});

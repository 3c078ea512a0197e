import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Call } from '../../plugin/core/call.ts';
import type { StoredVolume } from '../../plugin/core/ports/state-store.ts';
import type { Recovery } from '../../plugin/core/recovery.ts';
import { CONTAINER_START_MS, type StaleClaimParts, StaleClaims } from '../../plugin/core/stale-claims.ts';
import { Startup } from '../../plugin/core/startup.ts';
import { formatAge } from '../../plugin/core/volume-status.ts';
import { createLog } from '../../plugin/log.ts';
import { ManualClock } from '../support/manual-clock.ts';

const HOUR = 3_600_000;
const log = createLog('error', () => undefined);

/** A clock whose hands can be moved without its timers noticing, as when somebody sets the time. */
class JumpingClock extends ManualClock {
  #offset = 0;

  override now(): number {
    return super.now() + this.#offset;
  }

  override after(milliseconds: number, callback: () => void): () => void {
    const offset = this.#offset;
    this.#offset = 0;
    const cancel = super.after(milliseconds, callback);
    this.#offset = offset;
    return cancel;
  }

  jump(milliseconds: number): void {
    this.#offset += milliseconds;
  }
}

function claims(clock: ManualClock, held: { holders: object[] }): StaleClaims {
  const parts = {
    clock,
    log,
    attachments: { isMounted: async () => true, target: () => '/mounts/v' },
    backends: { open: () => ({ driver: { holders: async () => held.holders }, volume: {} }) },
    catalog: { put: (volume: StoredVolume) => volume },
  };
  return new StaleClaims(parts as unknown as StaleClaimParts);
}

function claimed(since: number): StoredVolume {
  return {
    name: 'v',
    backend: 'local',
    options: {},
    state: 'ready',
    createdAt: 0,
    unsettled: false,
    references: new Map([['id', { count: 1, since }]]),
  };
}

describe('a clock that jumps', () => {
  test('back: a call waits no longer than it was told to', async () => {
    const clock = new JumpingClock();
    const call = new Call(clock, 25_000);
    clock.jump(-HOUR);
    const waiting = call.wait(new Promise<never>(() => undefined), () => 'still working');
    clock.advance(25_000);
    await assert.rejects(waiting, { code: 'E_OPERATION_PENDING' });
  });

  test('forward: a call is told that the work goes on, and the work does', async () => {
    const clock = new JumpingClock();
    const call = new Call(clock, 25_000);
    clock.jump(HOUR);
    const work = Promise.withResolvers<string>();
    const waiting = call.wait(work.promise, () => 'still working');
    clock.advance(1);
    await assert.rejects(waiting, { code: 'E_OPERATION_PENDING' });
    work.resolve('done');
    assert.equal(await work.promise, 'done');
  });

  test('back: a start that failed is tried again', async () => {
    const clock = new JumpingClock();
    let loads = 0;
    const recovery = {
      load: async () => {
        loads += 1;
        if (loads === 1) throw new Error('the disk is full');
      },
      recover: async () => undefined,
    };
    const startup = new Startup(recovery as unknown as Recovery, clock, log);
    await assert.rejects(startup.recovered(new Call(clock, 1_000)));
    clock.jump(-HOUR);
    await startup.recovered(new Call(clock, 1_000));
    assert.equal(loads, 2);
  });

  test('back: claims from the future are dropped once they had their time, and only without a holder', async () => {
    const clock = new JumpingClock();
    const held = { holders: [] as object[] };
    const stale = claims(clock, held);
    const before = claimed(clock.now());
    clock.jump(-HOUR);
    stale.engineStarted();
    assert.equal(stale.inDoubt(before), true);
    const first = await stale.settle(before);
    assert.equal(first.stored.references.size, 1, 'a container may be just starting');
    clock.advance(CONTAINER_START_MS + 1);
    const second = await stale.settle(first.stored);
    assert.equal(second.stored.references.size, 0, 'the volume would stay stuck for an hour');
    held.holders = [{ pid: 1, command: 'db' }];
    assert.equal((await stale.settle(first.stored)).stored.references.size, 1);
  });

  test('forward: a claim of a living container is never dropped', async () => {
    const clock = new JumpingClock();
    const stale = claims(clock, { holders: [{ pid: 1, command: 'db' }] });
    const before = claimed(clock.now());
    clock.jump(1_000 * HOUR);
    stale.engineStarted();
    assert.equal((await stale.settle(before)).stored.references.size, 1);
  });

  test('back: an age is never negative', () => {
    assert.equal(formatAge(-HOUR), '0 seconds');
  });
});

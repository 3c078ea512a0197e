import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as fc from 'fast-check';
import { KeyedLock } from '../../../plugin/core/keyed-lock.ts';

/** Lets everything that can run now run. */
async function settle(): Promise<void> {
  await new Promise<void>((resolve) => void setImmediate(resolve));
}

describe('KeyedLock', () => {
  it('serves one key first come, first served', async () => {
    const lock = new KeyedLock();
    const order: number[] = [];
    await Promise.all(
      [0, 1, 2, 3, 4].map(async (turn) => {
        await lock.run(['a'], async () => {
          await settle();
          order.push(turn);
        });
      }),
    );
    assert.deepEqual(order, [0, 1, 2, 3, 4]);
  });

  it('runs other keys meanwhile', async () => {
    const lock = new KeyedLock();
    const held = Promise.withResolvers<void>();
    const first = lock.run(['a'], async () => await held.promise);
    assert.equal(await lock.run(['b'], async () => 'b is free'), 'b is free');
    held.resolve();
    await first;
  });

  it('holds all keys at once', async () => {
    const lock = new KeyedLock();
    const held = Promise.withResolvers<void>();
    const both = lock.run(['b', 'a'], async () => await held.promise);
    await settle();
    let entered = 0;
    const singles = ['a', 'b'].map(async (key) => await lock.run([key], async () => void (entered += 1)));
    await settle();
    assert.equal(entered, 0);
    held.resolve();
    await Promise.all([both, ...singles]);
    assert.equal(entered, 2);
  });

  it('does not deadlock when two want each other’s keys in the opposite order', async () => {
    const lock = new KeyedLock();
    const done = await Promise.all(
      Array.from({ length: 50 }, async (_, turn) => {
        const keys = turn % 2 === 0 ? ['a', 'b'] : ['b', 'a'];
        return await lock.run(keys, async () => {
          await settle();
          return turn;
        });
      }),
    );
    assert.equal(done.length, 50);
  });

  it('takes a key once that is named twice', async () => {
    assert.equal(await new KeyedLock().run(['a', 'a'], async () => 'in'), 'in');
  });

  it('goes on after work that failed, and hands the failure on', async () => {
    const lock = new KeyedLock();
    const failing = lock.run(['a'], () => Promise.reject(new Error('broken')));
    const next = lock.run(['a'], async () => 'next');
    await assert.rejects(failing, /broken/);
    assert.equal(await next, 'next');
  });

  it('never lets two pieces of work share a key, whatever the keys and the order', async () => {
    const keys = fc.subarray(['a', 'b', 'c', 'd', 'e'], { minLength: 1 });
    await fc.assert(
      fc.asyncProperty(fc.array(keys, { minLength: 1, maxLength: 20 }), async (jobs) => {
        const lock = new KeyedLock();
        const inUse = new Set<string>();
        let done = 0;
        const work = async (wanted: readonly string[]): Promise<void> => {
          for (const key of wanted) assert.ok(!inUse.has(key), `${key} is held twice`);
          for (const key of wanted) inUse.add(key);
          await Promise.resolve();
          for (const key of wanted) inUse.delete(key);
          done += 1;
        };
        await Promise.all(jobs.map(async (wanted) => await lock.run(wanted, async () => await work(wanted))));
        assert.equal(done, jobs.length);
      }),
      { numRuns: 200 },
    );
  });

  it('serves 10,000 keys', async () => {
    const lock = new KeyedLock();
    const names = Array.from({ length: 10_000 }, (_, index) => `volume-${String(index)}`);
    const done = await Promise.all(names.map(async (name) => await lock.run([name], async () => name)));
    assert.deepEqual(done, names);
  });
});

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { SeededRandom } from '../../attack/random.ts';
import { CallLog } from './call-log.ts';
import { Faults } from './faults.ts';
import { Latency } from './latency.ts';

describe('faults', () => {
  it('befalls the named operation of the named caller, so many times, after so many calls', () => {
    const faults = new Faults(new SeededRandom(1));
    const fault = { kind: 'throttle' } as const;
    faults.add({ operations: ['Create'], caller: 'a', after: 1, times: 2, fault });
    assert.equal(faults.next('Delete', 'a'), undefined);
    assert.equal(faults.next('Create', 'b'), undefined);
    const outcomes = Array.from({ length: 5 }, () => faults.next('Create', 'a'));
    assert.deepEqual(outcomes, [undefined, fault, fault, undefined, undefined]);
  });

  it('decides the same with the same seed, in about the asked share of cases', () => {
    const draw = (): boolean[] => {
      const faults = new Faults(new SeededRandom(7));
      faults.add({ percent: 30, fault: { kind: 'drop-after' } });
      return Array.from({ length: 1_000 }, () => faults.next('Any', 'a') !== undefined);
    };
    assert.deepEqual(draw(), draw());
    const hits = draw().filter((hit) => hit).length;
    assert.ok(hits > 240 && hits < 360, String(hits));
  });

  it('cuts everybody off in an outage, and nobody when all is taken back', () => {
    const faults = new Faults(new SeededRandom(1));
    const undo = faults.add({ fault: { kind: 'server-error' } });
    faults.setOutage(true);
    assert.deepEqual(faults.next('Any', 'a'), { kind: 'drop-before' });
    faults.setOutage(false);
    assert.deepEqual(faults.next('Any', 'a'), { kind: 'server-error' });
    undo();
    assert.equal(faults.next('Any', 'a'), undefined);
    faults.setOutage(true);
    faults.clear();
    assert.equal(faults.next('Any', 'a'), undefined);
  });
});

describe('latency', () => {
  const spreads = { create: { medianMs: 1_500, p99Ms: 4_000 } };

  it('has the published median and 99th percentile, times the scale', () => {
    const latency = new Latency(spreads, new SeededRandom(3), 0.01);
    const drawn = Array.from({ length: 20_000 }, () => latency.draw('create')).toSorted((a, b) => a - b);
    const median = drawn[10_000] ?? 0;
    const p99 = drawn[19_800] ?? 0;
    assert.ok(median > 14.5 && median < 15.5, String(median));
    assert.ok(p99 > 37 && p99 < 43, String(p99));
  });

  it('can be fixed, and released again', () => {
    const latency = new Latency(spreads, new SeededRandom(3), 0.01);
    latency.fix('create', Infinity);
    assert.equal(latency.draw('create'), Infinity);
    latency.release('create');
    assert.ok(latency.draw('create') < 1_000);
  });
});

describe('call log', () => {
  it('counts by operation, caller and outcome', () => {
    const log = new CallLog();
    log.add({ operation: 'Describe', at: 1, caller: 'a', ids: 2, outcome: 'ok' });
    log.add({ operation: 'Describe', at: 2, caller: 'b', ids: 0, outcome: 'throttle' });
    log.add({ operation: 'Create', at: 3, caller: 'a', ids: 1, outcome: 'ok' });
    assert.deepEqual(log.perOperation(), { Describe: 2, Create: 1 });
    assert.equal(log.count({ operation: 'Describe', outcome: 'ok' }), 1);
    assert.deepEqual(
      log.list({ caller: 'a' }).map(({ at }) => at),
      [1, 3],
    );
    log.clear();
    assert.equal(log.count(), 0);
  });
});

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { StoredVolume } from '../../../plugin/core/ports/state-store.ts';
import { formatBytes } from '../../../plugin/core/option-sizes.ts';
import { formatAge, volumeStatus } from '../../../plugin/core/volume-status.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

describe('formatBytes', () => {
  const cases: readonly (readonly [bytes: number, text: string])[] = [
    [0, '0B'],
    [1, '1B'],
    [1023, '1023B'],
    [1024, '1KiB'],
    [1536, '1.5KiB'],
    [10 * 1024 ** 3, '10GiB'],
    [1.25 * 1024 ** 4, '1.3TiB'],
    [1024 ** 5, '1PiB'],
    [5000 * 1024 ** 5, '5000PiB'],
    // Rounding must not show 1024 of a unit.
    [1024 ** 2 - 1, '1MiB'],
    [1024 ** 3 - 1, '1GiB'],
  ];
  for (const [bytes, text] of cases)
    it(`shows ${String(bytes)} as ${text}`, () => assert.equal(formatBytes(bytes), text));
});

describe('formatAge', () => {
  const cases: readonly (readonly [milliseconds: number, text: string])[] = [
    [0, '0 seconds'],
    [999, '0 seconds'],
    [1_000, '1 second'],
    [59_999, '59 seconds'],
    [MINUTE, '1 minute'],
    [2 * HOUR - 1, '1 hour'],
    [36 * HOUR, '1 day'],
    [400 * DAY, '400 days'],
    [-5_000, '0 seconds'],
  ];
  for (const [age, text] of cases)
    it(`shows ${String(age)} ms as ${text}`, () => assert.equal(formatAge(age), text));
});

describe('volumeStatus', () => {
  const stored: StoredVolume = {
    name: 'db',
    backend: 'local',
    options: { reclaimPolicy: 'retain', mountOptions: 'noatime' },
    state: 'ready',
    createdAt: 1_000,
    unsettled: false,
    references: new Map([
      ['one', { count: 3, since: 1 }],
      ['two', { count: 1, since: 1 }],
    ]),
  };

  it('shows backend, policy, facts, use, the number of mount IDs and the age, all as text', () => {
    const status = volumeStatus(stored, { size: '10GiB' }, { usedBytes: 2048, sizeBytes: 4096 }, 61_000);
    assert.deepEqual(status, {
      backend: 'local',
      reclaimPolicy: 'retain',
      size: '10GiB',
      used: '2KiB',
      usable: '4KiB',
      mountIds: '2',
      age: '1 minute',
    });
  });

  it('leaves out what is not known, and names the default policy', () => {
    const status = volumeStatus({ ...stored, options: {}, references: new Map() }, {}, undefined, 1_000);
    assert.deepEqual(status, { backend: 'local', reclaimPolicy: 'delete', mountIds: '0', age: '0 seconds' });
  });
});

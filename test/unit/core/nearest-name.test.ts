import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { nearestName } from '../../../plugin/core/nearest-name.ts';

const OPTIONS = [
  'size',
  'fsType',
  'mkfsOptions',
  'mountOptions',
  'path',
  'uid',
  'gid',
  'mode',
  'reclaimPolicy',
];

describe('nearestName', () => {
  const cases: readonly (readonly [word: string, nearest: string | undefined])[] = [
    ['sizee', 'size'],
    ['szie', 'size'],
    ['FSTYPE', 'fsType'],
    ['fstyp', 'fsType'],
    ['mountOption', 'mountOptions'],
    ['reclaimpolicies', 'reclaimPolicy'],
    ['mdoe', 'mode'],
    ['encryption', undefined],
    ['x'.repeat(70_000), undefined],
    ['', undefined],
  ];
  for (const [word, nearest] of cases) {
    it(`takes ${JSON.stringify(word.slice(0, 20))} for ${String(nearest)}`, () => {
      assert.equal(nearestName(word, OPTIONS), nearest);
    });
  }

  it('knows nothing near when there is nothing', () => {
    assert.equal(nearestName('size', []), undefined);
  });
});

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { checkVolumeName } from '../../../plugin/core/volume-name.ts';

describe('checkVolumeName', () => {
  for (const name of ['a', '0', 'db', 'my-app_data.v2', 'A'.repeat(128), 'f'.repeat(64), '1..2']) {
    it(`takes ${JSON.stringify(name.slice(0, 30))}`, () => {
      assert.doesNotThrow(() => checkVolumeName(name));
    });
  }

  const wrong = [
    '',
    '.',
    '..',
    '../etc',
    'a/b',
    '/a',
    '-a',
    '_a',
    '.a',
    'a b',
    'a\n',
    '\na',
    'a\0',
    'ünï',
    'a:b',
    'A'.repeat(129),
  ];
  for (const name of wrong) {
    it(`refuses ${JSON.stringify(name.slice(0, 30))}`, () => {
      assert.throws(() => checkVolumeName(name), { code: 'E_INVALID_NAME' });
    });
  }
});

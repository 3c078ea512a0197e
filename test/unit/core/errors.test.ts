import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { inspect } from 'node:util';
import * as fc from 'fast-check';
import {
  clip,
  ERRORS,
  type ErrorCode,
  renderError,
  StowageError,
  toStowageError,
} from '../../../plugin/core/errors.ts';

/** Everything that starts a new line somewhere, or steers a terminal. */
const LINE_BREAKERS = /[\u0000-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/;

describe('StowageError', () => {
  for (const code of Object.keys(ERRORS) as ErrorCode[]) {
    it(`${code} says what to do and whether a repeat may help`, () => {
      const error = new StowageError(code, 'it broke');
      assert.match(error.remedy, /^[A-Z].*\.$/);
      assert.equal(error.remedy, ERRORS[code].remedy);
      assert.equal(error.retryable, ERRORS[code].retryable);
    });
  }

  it('takes a more precise remedy, details and a cause', () => {
    const cause = new Error('EIO');
    const error = new StowageError('E_HOST_FAILED', 'it broke', {
      remedy: 'Buy a disk.',
      details: { disk: 'sda' },
      cause,
    });
    assert.equal(error.remedy, 'Buy a disk.');
    assert.deepEqual(error.details, { disk: 'sda' });
    assert.equal(error.cause, cause);
    assert.ok(!('cause' in new StowageError('E_HOST_FAILED', 'it broke')));
  });
});

describe('toStowageError', () => {
  it('leaves one alone', () => {
    const error = new StowageError('E_NO_SPACE', 'full');
    assert.equal(toStowageError(error), error);
  });

  for (const thrown of [new TypeError('x is not a function'), 'a string', undefined, null, { odd: true }]) {
    it(`hides ${inspect(thrown)} from users and keeps it as the cause`, () => {
      const error = toStowageError(thrown);
      assert.equal(error.code, 'E_INTERNAL');
      assert.ok(!error.message.includes('function'));
      if (thrown !== undefined) assert.equal(error.cause, thrown);
    });
  }
});

describe('renderError', () => {
  it('names operation, volume, what, code and remedy', () => {
    const line = renderError('create', 'db', new StowageError('E_NO_SPACE', 'the disk is full'));
    assert.equal(
      line,
      'create volume "db": the disk is full (E_NO_SPACE). Free space below STOWAGE_DATA, then repeat.',
    );
  });

  it('is one line without control characters, whatever goes in', () => {
    const text = fc.string({ unit: 'binary' });
    fc.assert(
      fc.property(text, text, text, (subject, message, remedy) => {
        const line = renderError('create', subject, new StowageError('E_INTERNAL', message, { remedy }));
        assert.doesNotMatch(line, LINE_BREAKERS);
      }),
      {
        examples: [
          ['a\nb', 'c\r\nd', 'e\u2028f'],
          ['\u0085', '\u009b31m', '\u2029'],
        ],
      },
    );
  });

  it('stays short for a long name', () => {
    const line = renderError('create', 'x'.repeat(70_000), new StowageError('E_INVALID_NAME', 'not a name'));
    assert.ok(line.length < 400, `${String(line.length)} characters`);
  });
});

describe('clip', () => {
  it('leaves short text alone and marks where it cut', () => {
    assert.equal(clip('short'), 'short');
    assert.equal(clip('abcdef', 3), 'abc…');
  });
});

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as fc from 'fast-check';
import { StowageError } from '../../plugin/core/errors.ts';
import { createLog } from '../../plugin/log.ts';
import type { Log } from '../../plugin/core/ports/host.ts';

/** The engine stops reading a plugin's log at a line of 64 KiB. */
const ENGINE_LIMIT = 64 * 1024;

/** What one use of the log writes. */
function written(use: (log: Log) => void, level = 'debug'): string[] {
  const lines: string[] = [];
  use(createLog(level, (line) => void lines.push(line)));
  return lines;
}

function record(text: string | undefined): Record<string, unknown> {
  return JSON.parse(text ?? '') as Record<string, unknown>;
}

describe('log', () => {
  it('writes one JSON line an event with level, time, message and facts', () => {
    const lines = written((log) => log.info({ volume: 'db' }, 'created'));
    assert.equal(lines.length, 1);
    assert.match(lines[0] ?? '', /\n$/);
    const { time, ...rest } = record(lines[0]);
    assert.deepEqual(rest, { level: 'info', volume: 'db', msg: 'created' });
    assert.match(String(time), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  });

  it('leaves out what is below its level', () => {
    const all = (log: Log): void => {
      log.debug({}, 'a');
      log.info({}, 'b');
      log.warn({}, 'c');
      log.error({}, 'd');
    };
    assert.deepEqual(
      written(all, 'warn').map((line) => record(line)['msg']),
      ['c', 'd'],
    );
    assert.equal(written(all, 'debug').length, 4);
  });

  it('shows an error with code, details and causes, and a stack only where it is a defect', () => {
    const cause = new Error('EIO: bad disk');
    const err = new StowageError('E_HOST_FAILED', 'it broke', { details: { disk: 'sda' }, cause });
    const shown = record(written((log) => log.error({ err }, 'refused'))[0])['err'] as Record<
      string,
      unknown
    >;
    assert.equal(shown['message'], 'it broke');
    assert.equal(shown['code'], 'E_HOST_FAILED');
    assert.deepEqual(shown['details'], { disk: 'sda' });
    assert.equal((shown['cause'] as Record<string, unknown>)['message'], 'EIO: bad disk');
    assert.match(String((shown['cause'] as Record<string, unknown>)['stack']), /log\.test\.ts/);
    assert.ok(!('stack' in shown));
  });

  const long: Readonly<Record<string, object>> = {
    'a long text': { text: 'x'.repeat(1_000_000) },
    'a long text of three-byte characters': { text: '語'.repeat(59_000) },
    'a long text of characters that JSON escapes': { text: '\u0001'.repeat(15_000) },
    'a long text of lone surrogates': { text: '\ud800'.repeat(15_000) },
    'many fields': Object.fromEntries(
      Array.from({ length: 20_000 }, (_, index) => [`field${String(index)}`, index]),
    ),
    'an error with a long message': { err: new Error('語'.repeat(100_000)) },
    'an error with large details': {
      err: new StowageError('E_INTERNAL', 'x', { details: { list: Array(50_000).fill('語') } }),
    },
  };
  for (const [name, fields] of Object.entries(long)) {
    it(`keeps the line short for ${name}`, () => {
      const [line = ''] = written((log) => log.error(fields, 'refused'));
      assert.ok(Buffer.byteLength(line) < ENGINE_LIMIT, `${String(Buffer.byteLength(line))} bytes`);
      assert.equal(typeof record(line)['msg'], 'string');
    });
  }

  it('keeps the line short whatever is logged', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary', minLength: 1, maxLength: 50 }),
        fc.integer({ min: 1, max: 100_000 }),
        (text, times) => {
          const [line = ''] = written((log) =>
            log.warn({ text: text.repeat(times).slice(0, 200_000) }, 'anything'),
          );
          assert.ok(Buffer.byteLength(line) < ENGINE_LIMIT);
          assert.equal(line.indexOf('\n'), line.length - 1);
          record(line);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('survives an error that is its own cause', () => {
    const err = new Error('round and round');
    err.cause = err;
    const [line] = written((log) => log.error({ err }, 'refused'));
    assert.equal((record(line)['err'] as Record<string, unknown>)['message'], 'round and round');
  });

  for (const thrown of ['a string', undefined, null, 7, { odd: true }, Symbol('s'), Object.create(null)]) {
    it(`survives ${typeof thrown} thrown as an error`, () => {
      const [line] = written((log) => log.error({ err: thrown }, 'refused'));
      assert.equal(record(line)['msg'], 'refused');
    });
  }

  it('survives values that JSON does not have', () => {
    const circular: Record<string, unknown> = { big: 10n };
    circular['self'] = circular;
    const [line] = written((log) => log.info({ circular }, 'odd'));
    assert.equal(record(line)['msg'], 'odd');
  });
});

import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { operations } from './operations.ts';
import { type OperationResult, runOperation } from './run-operation.ts';

const SOAK = process.env['STOWAGE_SOAK'] !== undefined;
/** Replays a choice of boundaries: a number from 0 to 1, printed by each run. */
const OFFSET = Number(process.env['STOWAGE_SEED'] ?? Math.random().toFixed(4));
/** `OPERATION` or `OPERATION:KIND:NUMBER:before|after`: only these boundaries, all of them. */
const ONLY = process.env['STOWAGE_CRASH'];

const every = Number.POSITIVE_INFINITY;
const budget = SOAK || ONLY !== undefined ? { own: every, commands: every } : { own: 6, commands: 1 };
const chosen = operations.filter(({ name }) => ONLY === undefined || name === ONLY.split(':')[0]);

describe('the program is killed at every boundary of an effect', { concurrency: 2 }, () => {
  const results: OperationResult[] = [];
  for (const operation of chosen) {
    it(operation.name, async () => {
      const only = ONLY?.includes(':') === true ? { only: ONLY } : {};
      const result = await runOperation(operation, { ...budget, offset: OFFSET, ...only });
      results.push(result);
      console.log([line(result), ...result.failures].join('\n'));
      assert.equal(result.failures.length, 0, 'see above');
    });
  }

  after(() => {
    const sum = (value: (result: OperationResult) => number): string =>
      String(results.reduce((total, result) => total + value(result), 0));
    const there = `${sum(({ own }) => own)} boundaries and ${sum(({ commands }) => commands)} of commands`;
    console.log(`all: ${there}; killed ${sum(({ killed }) => killed)} times; STOWAGE_SEED=${String(OFFSET)}`);
  });
});

function line({ name, own, commands, killed, missed, failures, seconds }: OperationResult): string {
  const there = `${String(own)} boundaries and ${String(commands)} of its commands`;
  const ran = `killed ${String(killed)} times, ${String(missed)} missed, ${String(failures.length)} failed`;
  return `${name}: ${there}; ${ran}; ${seconds.toFixed(1)} s`;
}

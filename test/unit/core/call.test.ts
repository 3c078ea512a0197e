import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Call } from '../../../plugin/core/call.ts';
import { ManualClock } from '../../support/manual-clock.ts';

const never = new Promise<never>(() => undefined);

describe('Call', () => {
  it('hands the result on and leaves no timer behind', async () => {
    const clock = new ManualClock();
    const call = new Call(clock, 1_000);
    assert.equal(await call.wait(Promise.resolve('done'), () => 'working'), 'done');
    assert.equal(clock.pending, 0);
    assert.equal(call.abandoned, false);
  });

  it('hands a failure on', async () => {
    const call = new Call(new ManualClock(), 1_000);
    await assert.rejects(
      call.wait(Promise.reject(new Error('no')), () => 'working'),
      /^Error: no$/,
    );
  });

  it('says what goes on when its time is up, and counts as abandoned from then on', async () => {
    const clock = new ManualClock();
    const call = new Call(clock, 1_000);
    const waiting = call.wait(never, () => 'create is still working');
    clock.advance(999);
    assert.equal(call.abandoned, false);
    clock.advance(1);
    await assert.rejects(waiting, {
      code: 'E_OPERATION_PENDING',
      message: 'create is still working',
      retryable: true,
    });
    assert.equal(call.abandoned, true);
  });

  it('has one deadline for all its waits together', async () => {
    const clock = new ManualClock();
    const call = new Call(clock, 1_000);
    clock.advance(700);
    const waiting = call.wait(never, () => 'working');
    clock.advance(300);
    await assert.rejects(waiting, { code: 'E_OPERATION_PENDING' });
  });

  it('ends every wait when the client hangs up, before or during it', async () => {
    const call = new Call(new ManualClock(), 1_000);
    const waiting = call.wait(never, () => 'working');
    call.hangUp();
    assert.equal(call.abandoned, true);
    await assert.rejects(waiting, { code: 'E_OPERATION_PENDING', message: 'the caller has gone' });
    await assert.rejects(
      call.wait(never, () => 'working'),
      { code: 'E_OPERATION_PENDING' },
    );
  });

  it('does not end the process when the client hangs up and nobody waits', async () => {
    new Call(new ManualClock(), 1_000).hangUp();
    await new Promise<void>((resolve) => void setImmediate(resolve));
  });
});

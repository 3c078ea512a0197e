import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import { Call } from '../../../plugin/core/call.ts';
import { StowageError } from '../../../plugin/core/errors.ts';
import { VolumeQueue } from '../../../plugin/core/volume-queue.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { RecordingLog } from '../../support/recording-log.ts';

/** Lets everything that can run now run. */
async function settle(): Promise<void> {
  await new Promise<void>((resolve) => void setImmediate(resolve));
}

describe('VolumeQueue', () => {
  let clock: ManualClock;
  let log: RecordingLog;
  let queue: VolumeQueue;

  beforeEach(() => {
    clock = new ManualClock();
    log = new RecordingLog();
    queue = new VolumeQueue(clock, log);
  });

  const newCall = (): Call => new Call(clock, 25_000);

  it('tells a caller whose time is up what goes on, and the work goes on', async () => {
    const work = Promise.withResolvers<void>();
    let finished = false;
    const run = async (): Promise<void> => {
      await work.promise;
      finished = true;
    };
    const waiting = queue.run(newCall(), { operation: 'create', volumes: ['a'], run });
    await settle();
    clock.advance(25_000);
    await assert.rejects(waiting, {
      code: 'E_OPERATION_PENDING',
      message: 'create is still working after 25 s',
    });
    work.resolve();
    await queue.idle();
    assert.ok(finished);
  });

  it('lets a repeat join: it runs after the work that its predecessor began', async () => {
    const work = Promise.withResolvers<void>();
    const first = queue.run(newCall(), {
      operation: 'create',
      volumes: ['a'],
      run: async () => await work.promise,
    });
    await settle();
    clock.advance(25_000);
    await assert.rejects(first, { code: 'E_OPERATION_PENDING' });
    const repeat = queue.run(newCall(), {
      operation: 'create',
      volumes: ['a'],
      run: async () => 'found it done',
    });
    work.resolve();
    assert.equal(await repeat, 'found it done');
  });

  it('names the running operation to a caller that waits behind it', async () => {
    const work = Promise.withResolvers<void>();
    const first = queue.run(new Call(clock, 60_000), {
      operation: 'create',
      volumes: ['a'],
      run: async () => await work.promise,
    });
    await settle();
    clock.advance(5_000);
    const second = queue.run(newCall(), { operation: 'remove', volumes: ['a'], run: async () => undefined });
    await settle();
    clock.advance(25_000);
    await assert.rejects(second, {
      code: 'E_OPERATION_PENDING',
      message: 'create is still working after 30 s',
    });
    work.resolve();
    await first;
  });

  it('says that the volume is busy when its work waits for another volume', async () => {
    const work = Promise.withResolvers<void>();
    const source = queue.run(new Call(clock, 60_000), {
      operation: 'mount',
      volumes: ['source'],
      run: async () => await work.promise,
    });
    const clone = queue.run(newCall(), {
      operation: 'create',
      volumes: ['clone', 'source'],
      run: async () => undefined,
    });
    await settle();
    clock.advance(25_000);
    await assert.rejects(clone, { message: 'the volume is busy with another operation' });
    work.resolve();
    await source;
  });

  it('drops work whose caller hung up before its turn', async () => {
    const work = Promise.withResolvers<void>();
    const first = queue.run(newCall(), {
      operation: 'create',
      volumes: ['a'],
      run: async () => await work.promise,
    });
    const impatient = newCall();
    let ran = false;
    const second = queue.run(impatient, {
      operation: 'mount',
      volumes: ['a'],
      run: async () => void (ran = true),
    });
    impatient.hangUp();
    await assert.rejects(second, { code: 'E_OPERATION_PENDING' });
    work.resolve();
    await first;
    await queue.idle();
    assert.equal(ran, false);
    assert.deepEqual(log.events, []);
  });

  it('gives back even when the caller hung up before its turn', async () => {
    const work = Promise.withResolvers<void>();
    const first = queue.run(newCall(), {
      operation: 'create',
      volumes: ['a'],
      run: async () => await work.promise,
    });
    const impatient = newCall();
    let ran = false;
    const run = async (): Promise<void> => void (ran = true);
    const second = queue.run(impatient, { operation: 'unmount', volumes: ['a'], evenIfAbandoned: true, run });
    impatient.hangUp();
    await assert.rejects(second, { code: 'E_OPERATION_PENDING' });
    work.resolve();
    await first;
    await queue.idle();
    assert.equal(ran, true);
  });

  it('logs the failure of work whose caller had gone, since nobody else hears of it', async () => {
    const work = Promise.withResolvers<void>();
    const call = newCall();
    const waiting = queue.run(call, {
      operation: 'create',
      volumes: ['a'],
      run: async () => await work.promise,
    });
    await settle();
    call.hangUp();
    await assert.rejects(waiting, { code: 'E_OPERATION_PENDING' });
    work.reject(new StowageError('E_NO_SPACE', 'the disk is full'));
    await queue.idle();
    assert.deepEqual(
      log.events.map(({ level, message }) => [level, message]),
      [['warn', 'work failed after its caller had gone']],
    );
  });

  it('runs background work in its turn and waits for it when idle is asked for', async () => {
    const work = Promise.withResolvers<void>();
    const order: string[] = [];
    const background = queue.runInBackground({
      operation: 'recover',
      volumes: ['a'],
      run: async () => {
        await work.promise;
        order.push('recovered');
      },
    });
    const call = queue.run(newCall(), {
      operation: 'mount',
      volumes: ['a'],
      run: async () => void order.push('mounted'),
    });
    const idle = queue.idle().then(() => void order.push('idle'));
    await settle();
    assert.equal(order.length, 0);
    work.resolve();
    await Promise.all([background, call, idle]);
    assert.deepEqual(order.slice(0, 2), ['recovered', 'mounted']);
    assert.ok(order.includes('idle'));
  });
});

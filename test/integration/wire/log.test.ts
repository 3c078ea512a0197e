import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { encode } from '../../support/engine-client.ts';
import { useStowage } from '../../support/use-stowage.ts';

const ENGINE_LIMIT = 64 * 1024;

describe('the log', () => {
  it('has one line a call at level debug: call, volume and time taken', async (context) => {
    const stowage = await useStowage(context);
    await stowage.engine.create('db');
    await stowage.engine.mount('db', 'id');
    await stowage.engine.unmount('db', 'id');
    await stowage.engine.get('db');
    await stowage.engine.remove('db');
    await stowage.stop();
    const answered = stowage.log().filter(({ msg }) => msg === 'answered');
    assert.deepEqual(
      answered.map(({ call, volume }) => [call, volume]),
      [
        ['create', 'db'],
        ['mount', 'db'],
        ['unmount', 'db'],
        ['get', 'db'],
        ['remove', 'db'],
      ],
    );
    for (const { level, ms } of answered) {
      assert.equal(level, 'debug');
      assert.equal(typeof ms, 'number');
    }
  });

  it('tells at level info what changed and at level error what was refused, and no more', async (context) => {
    const stowage = await useStowage(context, { environment: { STOWAGE_LOG_LEVEL: 'info' } });
    await stowage.engine.create('db');
    await stowage.engine.get('db');
    await stowage.call('VolumeDriver.Get', { Name: 'nosuch' });
    await stowage.call('VolumeDriver.Create', { Name: '../x' });
    await stowage.engine.remove('db');
    await stowage.stop();
    assert.deepEqual(
      stowage.log().map(({ level, msg }) => [level, msg]),
      [
        ['info', 'listening'],
        ['info', 'created'],
        ['error', 'refused'],
        ['info', 'removed'],
        ['info', 'stopping'],
      ],
    );
  });

  it('never has a line that breaks the engine’s reader, whatever is sent', async (context) => {
    const stowage = await useStowage(context);
    const huge = '語'.repeat(300_000);
    const bodies: readonly unknown[] = [
      { Name: huge.slice(0, 60_000), Opts: null },
      { Name: 'x', Opts: { [huge]: 'y' } },
      { Name: 'x', Opts: { size: huge.slice(0, 60_000) } },
      {
        Name: 'x',
        Opts: Object.fromEntries(
          Array.from({ length: 5_000 }, (_, index) => [`option${String(index)}`, 'v']),
        ),
      },
      { Name: 'x', [huge]: 1 },
      { Name: { [huge]: 1 } },
      { Name: 'x', ID: huge },
    ];
    for (const body of bodies) {
      for (const call of ['Create', 'Mount', 'Get']) await stowage.call(`VolumeDriver.${call}`, body);
    }
    await stowage.raw({ path: `/${'x'.repeat(10_000)}`, body: encode({}) });
    await stowage.stop();
    const lines = stowage.output().split('\n');
    assert.ok(lines.length > 10);
    for (const line of lines) assert.ok(Buffer.byteLength(line) < ENGINE_LIMIT);
  });
});

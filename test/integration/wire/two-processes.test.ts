import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { refusalOf } from '../../support/engine-client.ts';
import { eventually } from '../../support/eventually.ts';
import { Stowage } from '../../support/stowage.ts';
import { useStowage } from '../../support/use-stowage.ts';

describe('two processes on one data directory', () => {
  it('the second says so, gives no wrong answer, and serves when the first has gone', async (context) => {
    const first = await useStowage(context);
    await first.engine.create('db');
    const second = await Stowage.prepare();
    context.after(async () => await second.close());
    await second.start({ STOWAGE_DATA: first.dataDirectory });

    const line = (await refusalOf(second.engine.create('other'))).message;
    assert.match(
      line,
      /^create volume "other": .* another process uses it \(E_STATE_UNAVAILABLE\)\. Stop the other Stowage/,
    );
    assert.equal((await refusalOf(second.engine.mount('db', 'id'))).code, 'E_STATE_UNAVAILABLE');
    assert.equal((await refusalOf(second.engine.list())).code, 'E_STATE_UNAVAILABLE');
    // The engine takes an error of Get for "no such volume" and forgets labels; a broken connection it does not.
    for (const call of ['Get', 'Path']) {
      await assert.rejects(second.engine.ask(`VolumeDriver.${call}`, { Name: 'db' }), { code: 'ECONNRESET' });
    }
    assert.deepEqual(await second.engine.capabilities(), { Scope: 'local' });
    assert.deepEqual(
      (await first.engine.list()).map(({ Name }) => Name),
      ['db'],
    );

    await first.stop();
    await eventually(async () => assert.equal((await second.engine.get('db')).Name, 'db'));
    await second.engine.create('other');
    await second.engine.remove('other');
    await second.engine.remove('db');
  });
});

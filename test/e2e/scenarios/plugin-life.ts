import assert from 'node:assert/strict';
import type { Scenarios } from '../support/scenario.ts';
import { lastNumber, Writer } from '../support/writer.ts';

/** The engine waits half a second before it dials a plugin for the first time, and 3 s before each further time. */
const FIRST_DIAL_MS = 3_500;
/** Enough for one quiet moment of a machine that does other things besides. */
const ATTEMPTS = 10;

/** `docker plugin disable | enable`. */
export const pluginLife: Scenarios = {
  'enable succeeds at the first dial': async (stage) => {
    const took: number[] = [];
    // The fastest counts: what else the machine does at that moment is not Stowage's.
    for (let attempt = 0; attempt < ATTEMPTS && Math.min(...took) > FIRST_DIAL_MS; attempt += 1) {
      await stage.docker('plugin', 'disable', 'stowage');
      const started = performance.now();
      await stage.docker('plugin', 'enable', 'stowage');
      took.push(performance.now() - started);
    }
    assert.ok(Math.min(...took) <= FIRST_DIAL_MS, `enable took ${took.map(Math.round).join(', ')} ms`);
  },

  'disable is refused while there are volumes; forced and undone, all is as before': async (stage) => {
    await stage.docker('volume', 'create', '--driver', 'stowage', '--label', 'team=a', 'shelf');
    await stage.run('shelf', 'echo data > /data/page');
    assert.match(await stage.refusal('plugin', 'disable', 'stowage'), /in use/);
    await stage.docker('plugin', 'disable', '--force', 'stowage');
    assert.match(await stage.refusal('volume', 'inspect', 'shelf'), /found but disabled/);
    await stage.docker('plugin', 'enable', '--timeout', '0', 'stowage');
    assert.equal(await stage.run('shelf', 'cat /data/page'), 'data');
    assert.deepEqual((await stage.inspect('shelf')).Labels, { team: 'a' });
    await stage.docker('volume', 'rm', 'shelf');
  },

  'disable --force leaves a running container its volume, and nobody else gets hold of it': async (stage) => {
    await stage.create('ledger', 'size=32MiB');
    const writer = await Writer.start(stage, 'clerk', 'ledger');
    await stage.docker('plugin', 'disable', '--force', 'stowage');
    await writer.goesOn();
    await stage.docker('plugin', 'enable', '--timeout', '0', 'stowage');
    await writer.goesOn();
    const { Err } = await stage.driver.client.call('VolumeDriver.Remove', { Name: 'ledger' });
    const id = await stage.docker('inspect', '--format', '{{.Id}}', 'clerk');
    assert.match(String(Err), new RegExp(`in use by container ${id.slice(0, 12)} .*\\(E_VOLUME_IN_USE\\)`));
    await stage.run('ledger', 'echo beside > /data/page');
    assert.equal(
      await stage.docker('exec', 'clerk', 'cat', '/data/page'),
      'beside',
      'both see one file system',
    );
    await stage.docker('stop', 'clerk');
    assert.equal(await stage.status('ledger', 'mountIds'), '0');
    await stage.docker('start', 'clerk');
    await writer.startedAgain();
    await writer.goesOn();
    assert.equal(await stage.status('ledger', 'mountIds'), '1');
    const written = await writer.written();
    await stage.docker('rm', '--force', 'clerk');
    assert.ok(lastNumber(`${await stage.run('ledger', 'cat /data/numbers')}\n`) >= written);
    await stage.docker('volume', 'rm', 'ledger');
  },

  'a container stopped while the plugin is disabled starts again afterwards': async (stage) => {
    await stage.create('ledger', 'size=32MiB');
    const writer = await Writer.start(stage, 'clerk', 'ledger');
    await stage.docker('plugin', 'disable', '--force', 'stowage');
    await stage.docker('stop', 'clerk');
    assert.match(await stage.refusal('start', 'clerk'), /found but disabled/);
    await stage.docker('plugin', 'enable', '--timeout', '0', 'stowage');
    await stage.docker('start', 'clerk');
    await writer.startedAgain();
    await writer.goesOn();
    assert.equal(await stage.status('ledger', 'mountIds'), '1');
    await stage.docker('rm', '--force', 'clerk');
    assert.equal(await stage.status('ledger', 'mountIds'), '0');
  },
};

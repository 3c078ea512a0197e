import assert from 'node:assert/strict';
import { join } from 'node:path';
import type { ManagedPlugin } from '../support/managed-plugin.ts';
import type { Scenario, Scenarios } from '../support/scenario.ts';
import type { Stage } from '../support/stage.ts';
import { lastNumber, Writer } from '../support/writer.ts';

function whileContainersGoOn(
  interrupt: (stage: Stage<ManagedPlugin>, writer: Writer) => Promise<void>,
): Scenario {
  return async (stage) => {
    await stage.create('ledger', 'size=32MiB');
    const writer = await Writer.start(stage, 'clerk', 'ledger');
    const started = await stage.docker('inspect', '--format', '{{.State.StartedAt}}', 'clerk');
    await interrupt(stage, writer);
    await writer.goesOn();
    assert.equal(
      await stage.docker('inspect', '--format', '{{.State.StartedAt}}', 'clerk'),
      started,
      'it never stopped',
    );
    assert.equal(await stage.status('ledger', 'mountIds'), '1');
    await stage.docker('cp', 'clerk:/data/numbers', join(stage.engine.directory, 'copied'));
    assert.equal(await stage.status('ledger', 'mountIds'), '1');
    const written = await writer.written();
    await stage.docker('rm', '--force', 'clerk');
    assert.equal(await stage.status('ledger', 'mountIds'), '0');
    assert.ok(lastNumber(`${await stage.run('ledger', 'cat /data/numbers')}\n`) >= written);
    await stage.docker('volume', 'rm', 'ledger');
  };
}

/** An engine with live-restore: containers and plugins go on without it. */
export const liveRestore: Scenarios = {
  'a restart of the engine': whileContainersGoOn(async (stage, writer) => {
    await stage.engine.halt();
    await writer.goesOn();
    await stage.engine.start();
  }),

  'kill -9 of the engine': whileContainersGoOn(async (stage, writer) => {
    await stage.engine.kill9();
    await writer.goesOn();
    await stage.engine.start();
  }),

  'kill -9 of the engine and of the plugin': whileContainersGoOn(async (stage, writer) => {
    const plugin = await stage.driver.pid();
    await stage.engine.kill9();
    process.kill(plugin, 'SIGKILL');
    await writer.goesOn();
    await stage.engine.start();
  }),
};

import assert from 'node:assert/strict';
import type { Scenarios } from '../support/scenario.ts';
import { lastNumber, Writer } from '../support/writer.ts';

/** The engine ends as `systemctl restart docker` ends it: it stops containers and plugins first. */
export const engineRestart: Scenarios = {
  'after a restart of the engine, containers that return have their data, the others have let go': async (
    stage,
  ) => {
    await stage.create('returning', 'size=32MiB');
    await stage.docker('volume', 'create', '--driver', stage.driver.name, '--label', 'team=a', 'leaving');
    const returning = await Writer.start(stage, 'returning', 'returning', '--restart', 'always');
    await Writer.start(stage, 'leaving', 'leaving');
    await stage.engine.restart();
    await returning.startedAgain();
    await returning.goesOn();
    assert.equal(await stage.status('returning', 'mountIds'), '1');
    const left = await stage.inspect('leaving');
    assert.equal(left.Status?.['mountIds'], '0');
    assert.deepEqual(left.Labels, { team: 'a' });
    const written = await returning.written();
    await stage.docker('rm', '--force', 'returning', 'leaving');
    assert.ok(lastNumber(`${await stage.run('returning', 'cat /data/numbers')}\n`) >= written);
    await stage.docker('volume', 'rm', 'leaving', 'returning');
  },
};

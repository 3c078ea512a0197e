import assert from 'node:assert/strict';
import { eventually } from '../support/eventually.ts';
import type { Scenario } from '../support/scenario.ts';
import { lastNumber, Writer } from '../support/writer.ts';

/** A claim counts without proof for as long as a container may take to start (docs/adr/0004-who-holds-a-volume.md). */
const CLAIM_IS_OLD_MS = 170_000;

/**
 * `kill -9` of an engine without live-restore. The next one ends what still ran: a container that returns mounts with
 * the ID it had, one that does not return never unmounts.
 *
 * @param lost a container, and the volume of the same name, that have been there for a while
 */
export function engineCrash(lost: string): Scenario {
  return async (stage) => {
    await stage.create('returning', 'size=32MiB');
    const returning = await Writer.start(stage, 'returning', 'returning', '--restart', 'always');
    await stage.engine.kill9();
    await stage.engine.start();
    await returning.startedAgain();
    await returning.goesOn();
    assert.equal(await stage.status('returning', 'mountIds'), '1');
    const written = await returning.written();
    await stage.docker('rm', '--force', 'returning');
    assert.equal(await stage.status('returning', 'mountIds'), '0', 'one claim was taken back, none is left');
    assert.ok(lastNumber(`${await stage.run('returning', 'cat /data/numbers')}\n`) >= written);

    assert.equal(await stage.docker('inspect', '--format', '{{.State.Running}}', lost), 'false');
    await stage.run(lost, 'test -s /data/numbers');
    await stage.docker('rm', lost);
    await eventually(
      'a volume whose container did not return can be removed',
      async () => ((await stage.engine.dockerRaw(['volume', 'rm', lost])).exitCode === 0 ? true : undefined),
      CLAIM_IS_OLD_MS,
    );
  };
}

import assert from 'node:assert/strict';
import { eventually } from '../support/eventually.ts';
import type { Stage } from '../support/stage.ts';
import { lastNumber, Writer } from '../support/writer.ts';

/** A claim counts without proof for as long as a container may take to start (docs/adr/0004-who-holds-a-volume.md). */
const CLAIM_IS_OLD_MS = 170_000;

/**
 * `kill -9` of an engine without live-restore: the next one ends what still ran, and starts what is to return. Those
 * containers mount with the IDs that they had, and nobody ever unmounts for their former lives.
 *
 * @param stages the same engine with each way to run Stowage
 */
export async function containersReturn(...stages: Stage[]): Promise<void> {
  const writers: { stage: Stage; volume: string; writer: Writer }[] = [];
  for (const stage of stages) {
    const volume = `returning-${stage.driver.name}`;
    await stage.create(volume);
    writers.push({ stage, volume, writer: await Writer.start(stage, volume, volume, '--restart', 'always') });
  }
  const [{ engine }] = stages as [Stage];
  await engine.kill9();
  await engine.start();
  for (const { stage, volume, writer } of writers) {
    await writer.startedAgain();
    await writer.goesOn();
    assert.equal(await stage.status(volume, 'mountIds'), '1', volume);
    const written = await writer.written();
    await stage.docker('rm', '--force', volume);
    assert.equal(
      await stage.status(volume, 'mountIds'),
      '0',
      `${volume}: one claim was taken back, none is left`,
    );
    assert.ok(lastNumber(`${await stage.run(volume, 'cat /data/numbers')}\n`) >= written);
    await stage.docker('volume', 'rm', volume);
  }
}

/** After the crash: the volume of a container that did not return can be used, and removed once its claim is old. */
export async function claimIsFoundStale(stage: Stage, lost: string): Promise<void> {
  assert.equal(await stage.docker('inspect', '--format', '{{.State.Running}}', lost), 'false');
  await stage.run(lost, 'test -s /data/numbers');
  await stage.docker('rm', lost);
  await eventually(
    'a volume whose container did not return can be removed',
    async () => ((await stage.engine.dockerRaw(['volume', 'rm', lost])).exitCode === 0 ? true : undefined),
    CLAIM_IS_OLD_MS,
  );
  assert.ok(!(await stage.driver.client.volumes()).includes(lost));
}

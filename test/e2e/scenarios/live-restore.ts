import assert from 'node:assert/strict';
import { join } from 'node:path';
import { eventually } from '../support/eventually.ts';
import type { ManagedPlugin } from '../support/managed-plugin.ts';
import type { Stage } from '../support/stage.ts';
import { Writer } from '../support/writer.ts';

/** A claim counts without proof for as long as a container may take to start (docs/adr/0004-who-holds-a-volume.md). */
const CLAIM_IS_OLD_MS = 170_000;

/** Ends the engine somehow, calls back while there is none, and starts it again. */
export type Interruption = (stage: Stage<ManagedPlugin>, meanwhile: () => Promise<void>) => Promise<void>;

/** What happens to an engine with live-restore: containers and plugins go on without it. */
export const interruptions: Readonly<Record<string, Interruption>> = {
  'a restart of the engine': async ({ engine }, meanwhile) => {
    await engine.halt();
    await meanwhile();
    await engine.start();
  },

  'kill -9 of the engine': async ({ engine }, meanwhile) => {
    await engine.kill9();
    await meanwhile();
    await engine.start();
  },

  'kill -9 of the engine and of the plugin': async ({ engine, driver }, meanwhile) => {
    const plugin = await driver.pid();
    await engine.kill9();
    process.kill(plugin, 'SIGKILL');
    await meanwhile();
    await engine.start();
  },
};

/** The container writes on through it all, and nothing takes its volume from it. */
export async function goesOnThrough(
  interruption: Interruption,
  stage: Stage<ManagedPlugin>,
  writer: Writer,
): Promise<void> {
  const { container } = writer;
  const startedAt = await stage.docker('inspect', '--format', '{{.State.StartedAt}}', container);
  await interruption(stage, async () => {
    await writer.goesOn();
  });
  await writer.goesOn();
  assert.equal(
    await stage.docker('inspect', '--format', '{{.State.StartedAt}}', container),
    startedAt,
    'it was restarted',
  );
  await isProtected(stage, container);
  // The engine unmounts all of a plugin that it finds dead; only then there is no claim left to count.
  const mountIds = await stage.status(container, 'mountIds');
  await stage.docker('cp', `${container}:/data/numbers`, join(stage.engine.directory, 'copied'));
  assert.equal(
    await stage.run(container, 'head -n 1 /data/numbers'),
    '1',
    'another container uses it as well',
  );
  assert.equal(
    await stage.status(container, 'mountIds'),
    mountIds,
    'cp and the other container left the claim alone',
  );
  await isProtected(stage, container);
  await writer.goesOn();
}

/** With a claim or without: what a container has mounted is not removed. */
async function isProtected(stage: Stage, container: string): Promise<void> {
  const id = await stage.docker('inspect', '--format', '{{.Id}}', container);
  const { Err } = await stage.driver.client.call('VolumeDriver.Remove', { Name: container });
  assert.match(String(Err), new RegExp(`in use by container ${id.slice(0, 12)} .*\\(E_VOLUME_IN_USE\\)`));
}

/**
 * An engine that was restarted under a container forgets to unmount for it, at the latest after a `docker cp`. The
 * volume is let go of all the same when it is removed.
 */
export async function isLetGoOf(stage: Stage<ManagedPlugin>, { container }: Writer): Promise<void> {
  await stage.docker('rm', '--force', container);
  await eventually(
    'the volume of a container that outlived its engine can be removed',
    async () =>
      (await stage.engine.dockerRaw(['volume', 'rm', container])).exitCode === 0 ? true : undefined,
    CLAIM_IS_OLD_MS,
  );
}

import { after, before } from 'node:test';
import type { ManagedPlugin } from '../support/managed-plugin.ts';
import { assertAtRest } from '../support/at-rest.ts';
import { openStage } from '../support/open-stage.ts';
import type { Stage } from '../support/stage.ts';

/** Gives the tests of a file an engine with Stowage, where Testcontainers finds it. Users have one already. */
export function useEngine(): void {
  let stage: Stage<ManagedPlugin> | undefined;
  before(async () => {
    stage = await openStage({ release: '28.5' });
    process.env['DOCKER_HOST'] = `unix://${stage.engine.socketPath}`;
    // Its helper image would have to be pulled; `await using` clears up as well.
    process.env['TESTCONTAINERS_RYUK_DISABLED'] = 'true';
  });
  after(async () => {
    if (stage === undefined) return;
    try {
      await assertAtRest(stage);
    } finally {
      await stage.engine.stop();
    }
  });
}

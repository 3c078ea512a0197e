import assert from 'node:assert/strict';
import { eventually } from '../support/eventually.ts';
import type { Scenarios } from '../support/scenario.ts';
import type { Stage } from '../support/stage.ts';

/** Waits until the service has this many tasks that run. */
async function tasks(stage: Stage, wanted: number): Promise<string[]> {
  return await eventually(`the service has ${String(wanted)} running tasks`, async () => {
    const running = await stage.docker(
      'ps',
      '--quiet',
      '--filter',
      'label=com.docker.swarm.service.name=journal',
    );
    const ids = running.split('\n').filter((id) => id !== '');
    return ids.length === wanted ? ids : undefined;
  });
}

/** A Swarm of one node. */
export const swarm: Scenarios = {
  'a service keeps its data while it is scaled down and up': async (stage) => {
    await stage.docker('swarm', 'init', '--advertise-addr', '127.0.0.1');
    try {
      const script = 'echo started >> /data/log; trap "exit 0" TERM; sleep 100000 & wait';
      const mount = ['--mount', stage.mount('journal', 'volume-opt=size=32MiB')];
      const about = ['--name', 'journal', '--detach', '--network', 'host', ...mount];
      await stage.docker('service', 'create', ...about, 'busybox', 'sh', '-c', script);
      const [first = ''] = await tasks(stage, 1);
      assert.equal(await stage.docker('exec', first, 'cat', '/data/log'), 'started');
      assert.equal(await stage.status('journal', 'size'), '32MiB');
      await stage.docker('service', 'scale', '--detach', 'journal=0');
      await tasks(stage, 0);
      await eventually('the volume is given back', async () =>
        (await stage.status('journal', 'mountIds')) === '0' ? true : undefined,
      );
      await stage.docker('service', 'scale', '--detach', 'journal=1');
      const [second = ''] = await tasks(stage, 1);
      assert.equal(await stage.docker('exec', second, 'cat', '/data/log'), 'started\nstarted');
      await stage.docker('service', 'rm', 'journal');
      await tasks(stage, 0);
      assert.equal(await stage.run('journal', 'cat /data/log'), 'started\nstarted');
    } finally {
      await stage.docker('swarm', 'leave', '--force');
    }
  },
};

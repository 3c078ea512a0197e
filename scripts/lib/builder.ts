import { join } from 'node:path';
import { cacheDirectory } from './cache.ts';
import { UserDocker, type DockerClient } from './docker-client.ts';
import { startEngine } from './engine.ts';
import { withLock } from './lock.ts';

/**
 * Does the work with an engine that can fetch packages and remembers the layers it has built: the user's own if
 * one answers, otherwise one of ours, which is gone afterwards.
 *
 * @throws what the work throws; Error when no engine can be started
 */
export async function withBuilder<T>(work: (client: DockerClient) => Promise<T>): Promise<T> {
  const user = new UserDocker();
  if (await user.answers()) return work(user);
  const directory = join(cacheDirectory(), 'builder');
  return withLock(`${directory}.lock`, async () => {
    const engine = await startEngine({ release: '20.10', directory, network: 'machine' });
    try {
      return await work(engine);
    } finally {
      await engine.stop();
    }
  });
}

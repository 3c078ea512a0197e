import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { GenericContainer, type StartedTestContainer } from 'testcontainers';
import { createVolume, type StowageVolume } from './stowage-volume.ts';
import { useEngine } from './use-engine.ts';

/** A container that has the volume on /data and waits for what it is told to do. */
async function startOn(volume: StowageVolume, mode: 'rw' | 'ro' = 'rw'): Promise<StartedTestContainer> {
  return await new GenericContainer('busybox:latest')
    .withCommand(['sh', '-c', 'trap "exit 0" TERM; sleep 1000 & wait'])
    .withBindMounts([{ source: volume.name, target: '/data', mode }])
    .start();
}

/** Runs a script in the container: what it printed, if it succeeded. */
async function sh(container: StartedTestContainer, script: string): Promise<string> {
  const { exitCode, output } = await container.exec(['sh', '-c', script]);
  assert.equal(exitCode, 0, output);
  return output.trim();
}

describe('Testcontainers with Stowage volumes', () => {
  useEngine();

  it('data outlives the container that wrote it', async () => {
    await using volume = await createVolume();
    {
      await using writer = await startOn(volume);
      await sh(writer, 'echo kept > /data/page');
    }
    await using reader = await startOn(volume);
    assert.equal(await sh(reader, 'cat /data/page'), 'kept');
  });

  it('containers share a volume at the same time', async () => {
    await using volume = await createVolume();
    await using producer = await startOn(volume);
    await using consumer = await startOn(volume, 'ro');
    await sh(producer, 'echo fresh > /data/page');
    assert.equal(await sh(consumer, 'cat /data/page'), 'fresh');
    const { exitCode } = await consumer.exec(['touch', '/data/mine']);
    assert.notEqual(exitCode, 0, 'a reader cannot write');
  });

  it('every test has volumes of its own', async () => {
    await using first = await createVolume();
    await using second = await createVolume();
    await using one = await startOn(first);
    await using other = await startOn(second);
    await sh(one, 'echo secret > /data/page');
    assert.equal(await sh(other, 'ls -A /data'), '');
  });

  it('a restarted container finds its data', async () => {
    await using volume = await createVolume({ size: '32MiB' });
    await using database = await startOn(volume);
    await sh(database, 'echo committed > /data/log; sync');
    await database.restart();
    assert.equal(await sh(database, 'cat /data/log'), 'committed');
  });

  it('a test can see what happens when the disk is full', async () => {
    await using volume = await createVolume({ size: '32MiB' });
    await using database = await startOn(volume);
    const { exitCode, output } = await database.exec(['dd', 'if=/dev/zero', 'of=/data/flood', 'bs=1M']);
    assert.equal(exitCode, 1);
    assert.match(output, /No space left on device/);
    assert.equal(await sh(database, 'rm /data/flood; echo goes on > /data/log; cat /data/log'), 'goes on');
  });

  it('a volume in memory is fast, capped, and empty the next time', async () => {
    await using volume = await createVolume({ medium: 'memory', size: '16MiB' });
    {
      await using cache = await startOn(volume);
      assert.match(await sh(cache, 'grep " /data " /proc/mounts'), / tmpfs /);
      await sh(cache, 'echo gone > /data/page');
    }
    await using next = await startOn(volume);
    assert.equal(await sh(next, 'ls -A /data'), '');
  });

  it('each test starts from a clone of prepared data', async () => {
    await using fixtures = await createVolume();
    {
      await using loader = await startOn(fixtures);
      await sh(loader, 'echo original > /data/page');
    }
    await using copy = await createVolume({ from: fixtures.name });
    {
      await using test = await startOn(copy);
      assert.equal(await sh(test, 'cat /data/page; echo changed > /data/page'), 'original');
    }
    await using reader = await startOn(fixtures, 'ro');
    assert.equal(await sh(reader, 'cat /data/page'), 'original');
  });

  it('a service that is not root owns its volume', async () => {
    await using volume = await createVolume({ uid: '1000', gid: '1000', mode: '0700' });
    await using service = await new GenericContainer('busybox:latest')
      .withUser('1000:1000')
      .withCommand(['sh', '-c', 'echo mine > /data/page; trap "exit 0" TERM; sleep 1000 & wait'])
      .withBindMounts([{ source: volume.name, target: '/data' }])
      .start();
    assert.equal(await sh(service, 'stat -c "%u %a" /data; cat /data/page'), '1000 700\nmine');
  });

  it('files are copied into a volume of a running container', async () => {
    await using volume = await createVolume({ size: '32MiB' });
    await using container = await startOn(volume);
    await container.copyContentToContainer([{ content: 'seed', target: '/data/page' }]);
    assert.equal(await sh(container, 'cat /data/page'), 'seed');
    // The copying took nothing away from the container.
    assert.equal(await sh(container, 'echo goes on > /data/log; cat /data/log'), 'goes on');
  });
});

import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { local } from '../../../drivers/volume/local/index.ts';
import { Backends } from '../../../plugin/core/backends.ts';
import { Call } from '../../../plugin/core/call.ts';
import { StowageError } from '../../../plugin/core/errors.ts';
import { VolumeService } from '../../../plugin/core/volume-service.ts';
import { createHost, SqliteStateStore } from '../../../plugin/host/index.ts';
import { createLog } from '../../../plugin/log.ts';
import { ManualClock } from '../../support/manual-clock.ts';

/** The local driver on a directory that two nodes share: what one makes, changes and removes the other sees. */
const shared = { ...local, capabilities: { ...local.capabilities, scope: 'global' as const } };

async function useNodes(context: TestContext) {
  const root = await mkdtemp(join(tmpdir(), 'stowage-shared-'));
  const clock = new ManualClock();
  const node = async (name: string): Promise<VolumeService> => {
    const own = join(root, name);
    await mkdir(own);
    const log = createLog('error');
    const host = createHost({ hostProc: '/proc', hostSys: '/sys', runDirectory: join(own, 'run'), log });
    const settings = {
      dataDirectory: join(root, 'data'),
      pathRoots: [],
      cluster: 'default',
      detachGraceMs: 0,
      own: async () => await Promise.resolve(undefined),
    };
    const backends = new Backends([shared], 'local', { host, log, clock, settings });
    const store = new SqliteStateStore(join(own, 'state', 'stowage.db'));
    const service = new VolumeService({ backends, store, host, clock, log, mountRoot: join(own, 'mounts') });
    service.start();
    context.after(async () => await service.close());
    return service;
  };
  context.after(async () => await rm(root, { recursive: true }));
  return { clock, first: await node('first'), second: await node('second') };
}

const isNotFound = (thrown: unknown): boolean =>
  thrown instanceof StowageError && thrown.code === 'E_VOLUME_NOT_FOUND';

describe('volumes that several nodes share', () => {
  it('are found by a node that never saw them', async (context) => {
    const { clock, first, second } = await useNodes(context);
    const call = (): Call => new Call(clock, 25_000);
    await first.create('db', { uid: '7' }, call());
    assert.equal((await second.get('db', call())).name, 'db');
    assert.deepEqual(
      (await second.list(call())).map(({ name }) => name),
      ['db'],
    );
  });

  it('are made once, whoever asks, and differ for nobody', async (context) => {
    const { clock, first, second } = await useNodes(context);
    const call = (): Call => new Call(clock, 25_000);
    await first.create('db', { uid: '7' }, call());
    await second.create('db', { uid: '7' }, call());
    await assert.rejects(second.create('db', { uid: '8' }, call()), { code: 'E_VOLUME_EXISTS' });
    const [one, other] = [await first.get('db', call()), await second.get('db', call())];
    assert.deepEqual(one.createdAt, other.createdAt);
  });

  it('can be removed by another node, which the first learns before it does anything to them', async (context) => {
    const { clock, first, second } = await useNodes(context);
    const call = (): Call => new Call(clock, 25_000);
    await first.create('db', {}, call());
    await second.remove('db', call());
    await assert.rejects(second.get('db', call()), isNotFound);
    // Not at once: a cloud may hide for a while what was just made.
    assert.equal((await first.get('db', call())).name, 'db');
    clock.advance(11 * 60_000);
    await assert.rejects(first.mount('db', 'm', call()), isNotFound);
    await assert.rejects(first.get('db', call()), isNotFound);
  });

  it('keep their reclaim policy when another node changes it', async (context) => {
    const { clock, first, second } = await useNodes(context);
    const call = (): Call => new Call(clock, 25_000);
    await first.create('db', {}, call());
    await second.create('db', { reclaimPolicy: 'retain' }, call());
    await first.remove('db', call());
    clock.advance(60_000);
    await first.create('db', {}, call());
    assert.equal((await first.get('db', call())).status?.['reclaimPolicy'], 'retain');
  });
});

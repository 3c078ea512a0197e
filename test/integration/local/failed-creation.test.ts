import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { local } from '../../../drivers/volume/local/index.ts';
import { StowageError } from '../../../plugin/core/errors.ts';
import type { FileTree, Host } from '../../../plugin/core/ports/host.ts';
import { createHost, systemClock } from '../../../plugin/host/index.ts';
import { createLog } from '../../../plugin/log.ts';
import { driverSettings } from '../../support/driver-settings.ts';

const log = createLog('error', () => undefined);

/** The real host, whose disk refuses to confirm the first move after it was made: the step a full or dying disk fails at. */
function hostThatFailsOnce(host: Host): Host {
  let failed = false;
  const files: FileTree = new Proxy(host.files, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name);
      if (typeof value !== 'function') return value;
      if (name !== 'move' || failed) return value.bind(target);
      return async (from: string, to: string): Promise<void> => {
        await target.move(from, to);
        failed = true;
        throw new StowageError('E_HOST_FAILED', 'the disk did not confirm the move');
      };
    },
  });
  return { ...host, files };
}

describe('a creation that fails at its last step', () => {
  let root = '';
  before(async () => {
    root = await mkdtemp(join(tmpdir(), 'stowage-creation-'));
    await mkdir(join(root, 'data'));
  });
  after(async () => await rm(root, { recursive: true }));

  it('leaves nothing, so that a repeat succeeds', async () => {
    const host = hostThatFailsOnce(createHost({ hostProc: '/proc', runDirectory: join(root, 'run'), log }));
    const settings = driverSettings(join(root, 'data'));
    const driver = local.create({ host, log, clock: systemClock, settings });
    await driver.recover();
    const { given, effective } = local.options.parse({});
    const attempt = (createdAt: Date): Promise<void> =>
      driver.create({ name: 'v', given, options: effective, createdAt });
    await assert.rejects(attempt(new Date(1)), { code: 'E_HOST_FAILED' });
    assert.deepEqual(await driver.discover(), []);
    await attempt(new Date(2));
    assert.equal((await driver.discover()).length, 1);
  });
});

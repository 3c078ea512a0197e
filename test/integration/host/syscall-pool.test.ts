import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { SystemCallError } from '../../../plugin/host/system-call-error.ts';
import { SyscallPool } from '../../../plugin/host/syscall-pool.ts';
import { mountDeadShare } from '../../support/dead-share.ts';
import { eventually } from '../../support/eventually.ts';

const NO_FOLLOW = 8;
const DETACH = 2;
let directory = '';

async function refusal(work: Promise<unknown>): Promise<SystemCallError> {
  const thrown: unknown = await work.then(
    () => undefined,
    (error: unknown) => error,
  );
  assert.ok(thrown instanceof SystemCallError, `it threw ${String(thrown)}`);
  return thrown;
}

describe('SyscallPool', () => {
  before(() => (directory = mkdtempSync('/var/tmp/stowage-pool-')));
  after(() => rmSync(directory, { recursive: true }));

  it('makes the call, and names call and errno when the kernel refuses', async () => {
    const pool = new SyscallPool();
    const target = join(directory, 't');
    mkdirSync(target);
    await pool.run('mount', 'none', target, 'tmpfs', 0, 'size=1m');
    writeFileSync(join(target, 'file'), '');
    await pool.run('umount2', target, NO_FOLLOW | DETACH);
    assert.deepEqual(readdirSync(target), []);
    const error = await refusal(pool.run('umount2', target, NO_FOLLOW));
    assert.deepEqual([error.call, error.errno], ['umount2', 'EINVAL']);
    assert.equal(error.message, 'umount2: invalid argument');
  });

  it('uses one thread again for what comes one after the other', async () => {
    const pool = new SyscallPool();
    for (let turn = 0; turn < 5; turn += 1) await refusal(pool.run('umount2', '/absent', NO_FOLLOW));
    assert.equal(pool.size, 1);
  });

  it('keeps errors apart when many calls run at once', async () => {
    const pool = new SyscallPool({ workers: 3, idleMilliseconds: 1000 });
    const calls = Array.from({ length: 60 }, async (_, turn) => {
      const path = turn % 2 === 0 ? '/absent' : directory;
      return (await refusal(pool.run('umount2', path, NO_FOLLOW))).errno;
    });
    const expected = Array.from({ length: 60 }, (_, turn) => (turn % 2 === 0 ? 'ENOENT' : 'EINVAL'));
    assert.deepEqual(await Promise.all(calls), expected);
    assert.equal(pool.size, 3);
  });

  it('is not held up by a call that hangs, nor does the event loop hang', async () => {
    const pool = new SyscallPool();
    const share = mountDeadShare(join(directory, 'share'));
    try {
      const hanging = refusal(pool.run('umount2', join(share.target, 'x'), NO_FOLLOW));
      await refusal(pool.run('umount2', '/absent', NO_FOLLOW));
      assert.equal(pool.size, 2);
      share.abandon();
      assert.match((await hanging).errno, /^(?:ENOTCONN|ECONNABORTED)$/);
    } finally {
      share.abandon();
      await pool.run('umount2', share.target, NO_FOLLOW);
    }
  });

  it('ends threads that have nothing to do', async () => {
    const pool = new SyscallPool({ workers: 2, idleMilliseconds: 20 });
    await refusal(pool.run('umount2', '/absent', NO_FOLLOW));
    await eventually(() => assert.equal(pool.size, 0));
    await refusal(pool.run('umount2', '/absent', NO_FOLLOW));
  });
});

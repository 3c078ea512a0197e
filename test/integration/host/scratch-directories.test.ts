import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { createHost } from '../../../plugin/host/index.ts';
import { useHost } from '../../support/host-bench.ts';

const bench = useHost();

describe('passing directories', () => {
  it('are new, empty and private each time', async () => {
    const { host, at } = bench();
    const made = [await host.files.makeScratchDirectory(), await host.files.makeScratchDirectory()];
    assert.notEqual(made[0], made[1]);
    for (const each of made) assert.deepEqual(await host.files.list(each), []);
    assert.ok(made[0]?.startsWith(at('run/scratch/')));
  });

  it('are taken off and removed when their process was killed, and only then', async () => {
    const { host, at, directory } = bench();
    const text = `
      const { createHost } = await import(process.argv[1]);
      const log = { debug() {}, info() {}, warn() {}, error() {} };
      const host = createHost({ hostProc: '/proc', runDirectory: process.argv[2] + '/run', log });
      const target = await host.files.makeScratchDirectory();
      await host.mounts.mount({ source: 'none', target, fileSystem: 'tmpfs', options: [] });
      process.kill(process.pid, 'SIGKILL');`;
    const entry = new URL('../../../plugin/host/index.ts', import.meta.url).href;
    assert.throws(() =>
      execFileSync(process.execPath, ['--input-type=module', '-e', text, entry, directory]),
    );
    const mine = await useOwnScratch();
    const left = (await host.mounts.table()).filter(({ target }) => target.startsWith(at('run/scratch')));
    assert.deepEqual(
      left.map(({ target }) => target),
      [mine],
    );
    assert.equal((await host.files.list(at('run/scratch'))).length, 1);
    writeFileSync(join(mine, 'file'), '');
    await createHost({ hostProc: '/proc', runDirectory: at('run'), log: bench().log }).clearLeftovers();
    assert.deepEqual(await host.files.list(mine), ['file'], 'ours stays while we live');
    await host.mounts.unmount(mine);
  });
});

async function useOwnScratch(): Promise<string> {
  const { host } = bench();
  const target = await host.files.makeScratchDirectory();
  await host.mounts.mount({ source: 'none', target, fileSystem: 'tmpfs', options: [] });
  return target;
}

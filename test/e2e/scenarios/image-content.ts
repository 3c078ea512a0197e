import assert from 'node:assert/strict';
import type { Scenarios } from '../support/scenario.ts';
import { ALONE, type Stage } from '../support/stage.ts';

/** An image with content on /data, owned by somebody. */
async function makeImage(stage: Stage): Promise<void> {
  const script = [
    'mkdir -p /data/deep',
    'echo first > /data/page',
    'echo tool > /data/deep/tool',
    'ln -s deep/tool /data/link',
    'chown -R 501:502 /data',
    'chmod 2750 /data',
    'chmod 4711 /data/deep/tool',
  ].join(' && ');
  await stage.docker('run', ...ALONE, '--name', 'template', 'busybox', 'sh', '-c', script);
  await stage.docker('commit', 'template', 'with-content');
  await stage.docker('rm', 'template');
}

const LOOK = 'stat -c "%n %u:%g %a" /data /data/page /data/deep/tool; cat /data/link';
const AS_IN_THE_IMAGE = '/data 501:502 2750\n/data/page 501:502 644\n/data/deep/tool 501:502 4711\ntool';

async function look(stage: Stage, mount: string, script = LOOK): Promise<string> {
  return await stage.docker('run', ...ALONE, '--rm', '--mount', mount, 'with-content', 'sh', '-c', script);
}

/** What the image has at the mount point is copied into an empty volume. */
export const imageContent: Scenarios = {
  'image content goes into an empty directory volume, with owners and modes': async (stage) => {
    await makeImage(stage);
    assert.equal(await look(stage, stage.mount('site')), AS_IN_THE_IMAGE);
    assert.equal(await stage.run('site', LOOK), AS_IN_THE_IMAGE, 'and stays there');
  },

  'image content goes into an empty volume with size: lost+found is not in the way': async (stage) => {
    await makeImage(stage);
    await stage.create('site', 'size=32MiB');
    const counts = await stage.driver.calls.during(async () => {
      assert.equal(await look(stage, stage.mount('site')), AS_IN_THE_IMAGE);
    }, 'site');
    assert.deepEqual([counts.mount, counts.unmount], [2, 2], 'one pair to copy, one to run');
    assert.equal(await stage.run('site', 'ls -A /data'), 'deep\nlink\npage');
  },

  'a volume that has data keeps it': async (stage) => {
    await makeImage(stage);
    await stage.run('site', 'echo older > /data/page');
    assert.equal(await look(stage, stage.mount('site'), 'ls -A /data; cat /data/page'), 'page\nolder');
  },

  'volume-nocopy leaves the volume empty': async (stage) => {
    await makeImage(stage);
    const counts = await stage.driver.calls.during(async () => {
      assert.equal(await look(stage, stage.mount('site', 'volume-nocopy'), 'ls -A /data'), '');
    }, 'site');
    assert.deepEqual([counts.mount, counts.unmount], [1, 1]);
  },
};

import assert from 'node:assert/strict';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Scenarios } from '../support/scenario.ts';

/** Every option that is not about size. `path=` needs the plugin set up with `PATHS`. */
export const volumeOptions: Scenarios = {
  'uid, gid and mode let a container work that is not root': async (stage) => {
    for (const [volume, size] of Object.entries({ directory: [], disk: ['size=32MiB'] })) {
      await stage.create(volume, 'uid=1234', 'gid=4321', 'mode=0750', ...size);
      const user = ['--user', '1234:99', '--network', 'none', '--rm', '--mount', stage.mount(volume)];
      const script = 'stat -c "%u %g %a" /data; echo mine > /data/page; cat /data/page';
      assert.equal(await stage.docker('run', ...user, 'busybox', 'sh', '-c', script), '1234 4321 750\nmine');
    }
  },

  'path= shows a directory of the host, and rm leaves it alone': async (stage) => {
    const directory = stage.engine.hostPath('/var/lib/team/reports');
    await mkdir(directory, { recursive: true });
    await writeFile(join(directory, 'from-host'), 'hello');
    await stage.create('reports', 'path=/var/lib/team/reports');
    assert.equal(
      await stage.run('reports', 'cat /data/from-host; echo back > /data/from-container'),
      'hello',
    );
    await stage.docker('volume', 'rm', 'reports');
    assert.equal(await readFile(join(directory, 'from-container'), 'utf8'), 'back\n');
    await rm(directory, { recursive: true });
  },

  'path= outside of what the operator allowed is refused': async (stage) => {
    for (const path of ['/etc', '/var/lib/team/../docker', '/var/lib/team-secrets']) {
      const complaint = await stage.refusal(
        'volume',
        'create',
        '--driver',
        stage.driver.name,
        '--opt',
        `path=${path}`,
        'spy',
      );
      assert.match(complaint, /\((E_PATH_NOT_ALLOWED|E_INVALID_OPTION)\)/);
    }
  },

  'medium=memory is a capped tmpfs that the containers using it share': async (stage) => {
    await stage.create('scratch', 'medium=memory', 'size=8MiB');
    await stage.start('first', 'scratch', 'echo shared > /data/page; touch /data/ready; sleep 1000');
    await stage.docker('exec', 'first', 'sh', '-c', 'until [ -e /data/ready ]; do sleep 0.1; done');
    const seen = await stage.run(
      'scratch',
      'cat /data/page; grep -c "/data tmpfs" /proc/mounts; dd if=/dev/zero of=/data/flood bs=1M 2>&1; true',
    );
    assert.match(seen, /^shared\n1\n/);
    assert.match(seen, /No space left on device/);
    await stage.docker('rm', '--force', 'first');
    assert.equal(
      await stage.run('scratch', 'ls -A /data'),
      '',
      'memory was given back with the last container',
    );
  },

  'from= makes a clone that goes its own way': async (stage) => {
    await stage.create('master');
    await stage.run('master', 'echo one > /data/page; chown 7:8 /data/page; ln -s page /data/link');
    await stage.create('copy', 'from=master');
    await stage.run('master', 'echo changed > /data/page');
    assert.equal(await stage.run('copy', 'cat /data/link; stat -c "%u %g" /data/page'), 'one\n7 8');
    assert.equal(await stage.run('master', 'cat /data/page'), 'changed');
  },

  'from= clones a volume with size, and may make it larger': async (stage) => {
    await stage.create('master', 'size=32MiB');
    await stage.run('master', 'echo one > /data/page');
    await stage.create('copy', 'from=master', 'size=64MiB');
    assert.equal(await stage.status('copy', 'size'), '64MiB');
    assert.equal(
      await stage.run('copy', 'dd if=/dev/zero of=/data/big bs=1M count=40 2>/dev/null && cat /data/page'),
      'one',
    );
  },

  'from= of a volume in use is refused, and leaves nothing behind': async (stage) => {
    await stage.start('user', 'master');
    const complaint = await stage.refusal(
      'volume',
      'create',
      '--driver',
      stage.driver.name,
      '--opt',
      'from=master',
      'copy',
    );
    assert.match(complaint, /master is in use.*\(E_VOLUME_IN_USE\)/);
    assert.ok(!(await stage.driver.client.volumes()).includes('copy'));
    await stage.docker('rm', '--force', 'user');
  },

  'reclaimPolicy=retain keeps the data of a removed volume for the next of its name': async (stage) => {
    await stage.create('archive', 'reclaimPolicy=retain');
    await stage.run('archive', 'echo kept > /data/page');
    await stage.docker('volume', 'rm', 'archive');
    assert.equal(await stage.docker('volume', 'ls', '--quiet', '--filter', 'name=archive'), '');
    await stage.create('archive', 'reclaimPolicy=retain');
    assert.equal(await stage.run('archive', 'cat /data/page'), 'kept');
  },
};

import assert from 'node:assert/strict';
import type { Scenarios } from '../support/scenario.ts';
import { ALONE, SLEEP } from '../support/stage.ts';

/** The ways in which a container gets a volume, and what it may do with it. */
export const containers: Scenarios = {
  'run --mount makes the volume, with its options': async (stage) => {
    const mount = stage.mount('fresh', 'volume-opt=size=32MiB', 'volume-opt=uid=7', 'volume-label=team=a');
    await stage.docker(
      'run',
      ...ALONE,
      '--rm',
      '--mount',
      mount,
      'busybox',
      'sh',
      '-c',
      'echo data > /data/page',
    );
    assert.equal(await stage.run('fresh', 'cat /data/page; stat -c %u /data'), 'data\n7');
    assert.equal(await stage.status('fresh', 'size'), '32MiB');
    assert.deepEqual((await stage.inspect('fresh')).Labels, { team: 'a' });
  },

  'run -v with --volume-driver makes the volume': async (stage) => {
    const volume = ['-v', 'fresh:/data', '--volume-driver', stage.driver.name];
    await stage.docker('run', ...ALONE, '--rm', ...volume, 'busybox', 'sh', '-c', 'echo data > /data/page');
    assert.equal((await stage.inspect('fresh')).Driver, stage.driver.shownAs);
    assert.equal(await stage.run('fresh', 'cat /data/page'), 'data');
  },

  'an anonymous volume goes with run --rm': async (stage) => {
    const counts = await stage.driver.calls.during(async () => {
      const volume = ['-v', '/data', '--volume-driver', stage.driver.name];
      await stage.docker('run', ...ALONE, '--rm', ...volume, 'busybox', 'sh', '-c', 'echo data > /data/page');
    });
    assert.deepEqual([counts.create, counts.mount, counts.unmount, counts.remove], [1, 1, 1, 1]);
    assert.equal(await stage.docker('volume', 'ls', '--quiet', '--filter', 'dangling=true'), '');
  },

  'two containers share one volume at the same time': async (stage) => {
    await stage.create('shared', 'size=32MiB');
    const counts = await stage.driver.calls.during(async () => {
      await stage.start('first', 'shared');
      await stage.start('second', 'shared');
      assert.equal(await stage.status('shared', 'mountIds'), '2');
      await stage.docker('exec', 'first', 'sh', '-c', 'echo hello > /data/page');
      assert.equal(await stage.docker('exec', 'second', 'cat', '/data/page'), 'hello');
      await stage.docker('rm', '--force', 'first');
      assert.equal(await stage.status('shared', 'mountIds'), '1');
      assert.equal(
        await stage.docker('exec', 'second', 'sh', '-c', 'echo more >> /data/page; cat /data/page'),
        'hello\nmore',
      );
      await stage.docker('rm', '--force', 'second');
    }, 'shared');
    assert.deepEqual([counts.mount, counts.unmount], [2, 2]);
  },

  'one volume twice in one container is one volume': async (stage) => {
    const twice = [
      '--mount',
      stage.mount('shared'),
      '--mount',
      stage.mount('shared').replace('/data', '/again'),
    ];
    const script = 'echo one > /data/page; cat /again/page';
    assert.equal(await stage.docker('run', ...ALONE, '--rm', ...twice, 'busybox', 'sh', '-c', script), 'one');
  },

  'a read-only container reads and cannot write': async (stage) => {
    await stage.run('shared', 'echo data > /data/page');
    const readOnly = ['--mount', stage.mount('shared', 'readonly')];
    const script = 'cat /data/page; echo no > /data/page || echo refused';
    const output = await stage.docker('run', ...ALONE, '--rm', ...readOnly, 'busybox', 'sh', '-c', script);
    assert.equal(output, 'data\nrefused');
    assert.equal(await stage.run('shared', 'echo more >> /data/page; cat /data/page'), 'data\nmore');
  },

  'volumes-from uses the volumes of another container': async (stage) => {
    await stage.start('owner', 'shared');
    const script = 'echo lent > /data/page';
    await stage.docker('run', ...ALONE, '--rm', '--volumes-from', 'owner', 'busybox', 'sh', '-c', script);
    assert.equal(await stage.docker('exec', 'owner', 'cat', '/data/page'), 'lent');
    assert.equal(await stage.status('shared', 'mountIds'), '1');
    await stage.docker('rm', '--force', 'owner');
  },

  'restart, stop and start, pause and exec keep data and counts': async (stage) => {
    await stage.start('worker', 'shared', `echo started >> /data/log; ${SLEEP}`);
    const counts = await stage.driver.calls.during(async () => {
      await stage.docker('restart', 'worker');
      await stage.docker('stop', 'worker');
      assert.equal(await stage.status('shared', 'mountIds'), '0');
      await stage.docker('start', 'worker');
      await stage.docker('pause', 'worker');
      await stage.docker('unpause', 'worker');
      await stage.docker('exec', 'worker', 'sh', '-c', 'echo exec >> /data/log');
    }, 'shared');
    assert.deepEqual([counts.mount, counts.unmount], [2, 2]);
    assert.equal(await stage.status('shared', 'mountIds'), '1');
    await stage.docker('rm', '--force', 'worker');
    assert.equal(await stage.run('shared', 'cat /data/log'), 'started\nstarted\nstarted\nexec');
  },

  'a container that cannot start gives its volume back': async (stage) => {
    await stage.create('shared', 'size=32MiB');
    const complaint = await stage.refusal(
      'run',
      ...ALONE,
      '--mount',
      stage.mount('shared'),
      'busybox',
      '/no/such/program',
    );
    assert.match(complaint, /no such file or directory/);
    assert.equal(await stage.status('shared', 'mountIds'), '0');
  },

  'containers that start at once each get their own volume': async (stage) => {
    const names = Array.from({ length: 6 }, (_, index) => `crowd-${String(index)}`);
    await Promise.all(names.map(async (name) => await stage.run(name, `echo ${name} > /data/page`)));
    const all = names.flatMap((name) => ['--mount', stage.mount(name).replace('/data', `/${name}`)]);
    const pages = await stage.docker(
      'run',
      ...ALONE,
      '--rm',
      ...all,
      'busybox',
      'sh',
      '-c',
      'cat /crowd-*/page',
    );
    assert.deepEqual(pages.split('\n'), names);
  },
};

import assert from 'node:assert/strict';
import { rename } from 'node:fs/promises';
import { join } from 'node:path';
import type { Scenarios } from '../support/scenario.ts';
import { ALONE, type Stage } from '../support/stage.ts';
import { mobyCounted } from './moby-counted.ts';

interface ContainerMount {
  readonly Name: string;
  readonly Driver: string;
}

async function mountsOf(stage: Stage, container: string): Promise<ContainerMount[]> {
  return JSON.parse(
    await stage.docker('inspect', '--format', '{{json .Mounts}}', container),
  ) as ContainerMount[];
}

/**
 * moby's integration-cli/docker_cli_external_volume_driver_test.go, test by test and by moby's names, against the managed
 * plugin. Where moby's fake driver has a hook to misbehave, Stowage is brought into that state.
 */
export const mobyManaged: Scenarios = {
  ...Object.fromEntries(
    Object.entries(mobyCounted).map(([name, test]) => [name, async (stage: Stage) => await test(stage, 0)]),
  ),

  TestVolumeCLICreateOptionConflict: async (stage) => {
    await stage.docker('volume', 'create', 'test');
    const conflict = await stage.refusal('volume', 'create', 'test', '--driver', stage.driver.name);
    assert.match(conflict, /must be unique/);
    const driver = await stage.docker('volume', 'inspect', '--format', '{{.Driver}}', 'test');
    await stage.docker('volume', 'create', 'test', '--driver', driver);
  },

  TestExternalVolumeDriverBindExternalVolume: async (stage) => {
    await stage.create('foo');
    await stage.docker('run', ...ALONE, '-d', '--name', 'testing', '-v', 'foo:/bar', 'busybox', 'top');
    const [mount, ...others] = await mountsOf(stage, 'testing');
    assert.deepEqual(others, []);
    assert.equal(mount?.Name, 'foo');
    assert.equal(mount.Driver, stage.driver.shownAs);
    await stage.docker('rm', '-f', 'testing');
  },

  TestExternalVolumeDriverList: async (stage) => {
    await stage.create('abc3');
    const counts = await stage.driver.calls.during(async () => {
      const listed = await stage.docker('volume', 'ls', '--filter', 'name=abc3');
      const [header, volume, ...others] = listed.split('\n');
      assert.match(header ?? '', /^DRIVER/);
      assert.deepEqual(volume?.split(/\s+/), [stage.driver.shownAs, 'abc3']);
      assert.deepEqual(others, []);
    });
    assert.equal(counts.list, 1);
  },

  TestExternalVolumeDriverGet: async (stage) => {
    const counts = await stage.driver.calls.during(async () => {
      assert.match(await stage.refusal('volume', 'inspect', 'dummy'), /no such volume/i);
    });
    assert.equal(counts.get, 1);
    await stage.create('test');
    const answer = await stage.driver.client.call('VolumeDriver.Get', { Name: 'test' });
    const { Status } = answer['Volume'] as { Status: Record<string, string> };
    const shown = (await stage.inspect('test')).Status ?? {};
    // Both are asked for at different moments.
    const timeless = (status: Record<string, string>): object => ({ ...status, age: '', used: '' });
    assert.deepEqual(timeless(shown), timeless(Status));
  },

  TestExternalVolumeDriverGetEmptyResponse: async (stage) => {
    await stage.create('abc2');
    // moby's fake answers with no volume and no error; Stowage never does, but it may know a volume no longer.
    assert.deepEqual(await stage.driver.client.call('VolumeDriver.Remove', { Name: 'abc2' }), {});
    assert.match(await stage.refusal('volume', 'inspect', 'abc2'), /no such volume/i);
    await stage.docker('version');
  },

  TestExternalVolumeDriverPathCalls: async (stage) => {
    const counts = await stage.driver.calls.during(async () => {
      await stage.create('test');
      await stage.docker('volume', 'ls');
    });
    assert.equal(counts.path, 0);
  },

  TestExternalVolumeDriverMountID: async (stage) => {
    // Stowage refuses an empty mount ID, so a container that starts has sent one.
    const { Err } = await stage.driver.client.call('VolumeDriver.Mount', { Name: 'test', ID: '' });
    assert.match(String(Err), /ID.*\(E_INVALID_REQUEST\)/);
    await stage.start('test', 'test');
    assert.equal(await stage.status('test', 'mountIds'), '1');
    await stage.docker('rm', '-f', 'test');
  },

  TestExternalVolumeDriverOutOfBandDelete: async (stage) => {
    await stage.create('test');
    assert.match(await stage.refusal('volume', 'create', '-d', 'local', 'test'), /must be unique/);
    await stage.driver.client.call('VolumeDriver.Remove', { Name: 'test' });
    // Create it again with the same driver: the new options count.
    await stage.create('test', 'uid=7');
    const again = await stage.inspect('test');
    assert.equal(again.Driver, stage.driver.shownAs);
    assert.deepEqual(again.Options, { uid: '7' });
    await stage.driver.client.call('VolumeDriver.Remove', { Name: 'test' });
    // And with another one.
    await stage.docker('volume', 'create', '-d', 'local', 'test');
    const other = await stage.inspect('test');
    assert.equal(other.Driver, 'local');
    assert.deepEqual(Object.keys(other.Options ?? {}), []);
  },

  TestExternalVolumeDriverUnmountOnMountFail: async (stage) => {
    await stage.create('testumount');
    const data = join(stage.driver.dataDirectory, 'volumes/testumount/data');
    await stage.run('testumount', 'echo kept > /data/page');
    await rename(data, `${data}.away`);
    const counts = await stage.driver.calls.during(async () => {
      const volume = ['-v', 'testumount:/foo'];
      const complaint = await stage.refusal('run', ...ALONE, ...volume, 'busybox', 'true');
      assert.match(
        complaint,
        /mount volume "testumount": its directory .* is gone \(E_MOUNT_FAILED\)\. Bring the data/,
      );
      await stage.refusal('run', ...ALONE, '-w', '/foo', ...volume, 'busybox', 'true');
    });
    assert.ok(counts.mount >= 2);
    assert.equal(counts.unmount, 0);
    await rename(`${data}.away`, data);
    assert.equal(await stage.run('testumount', 'cat /data/page'), 'kept');
  },

  TestExternalVolumeDriverUnmountOnCp: async (stage) => {
    await stage.create('test');
    const started = await stage.driver.calls.during(async () => {
      const script = 'touch /test && top';
      await stage.docker(
        'run',
        ...ALONE,
        '-d',
        '--name=test',
        '-v',
        'test:/foo',
        'busybox',
        '/bin/sh',
        '-c',
        script,
      );
    });
    assert.deepEqual([started.mount, started.unmount], [1, 0]);
    const copied = await stage.driver.calls.during(async () => {
      await stage.docker('cp', 'test:/test', join(stage.engine.directory, 'copied'));
    });
    assert.deepEqual([copied.mount, copied.unmount], [1, 1]);
    const killed = await stage.driver.calls.during(async () => {
      await stage.docker('kill', 'test');
    });
    assert.deepEqual([killed.mount, killed.unmount], [0, 1]);
  },
};

/** Restarts the engine, so it plays where that disturbs nobody. */
export const mobyRestart: Scenarios = {
  TestExternalVolumeDriverWithDaemonRestart: async (stage) => {
    await stage.create('abc1');
    await stage.engine.restart();
    await stage.docker('run', ...ALONE, '--name=test', '-v', 'abc1:/foo', 'busybox', 'true');
    const [mount, ...others] = await mountsOf(stage, 'test');
    assert.deepEqual(others, []);
    assert.equal(mount?.Driver, stage.driver.shownAs);
  },
};

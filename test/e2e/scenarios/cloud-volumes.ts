import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import type { Ec2Region } from '../../cloud/ec2/instance.ts';
import { eventually } from '../support/eventually.ts';
import type { Scenarios } from '../support/scenario.ts';
import { ALONE } from '../support/stage.ts';
import { underAWriter } from './plugin-crash.ts';

/** Volumes on disks of a cloud, made, attached and removed by the managed plugin. */
export function cloudVolumes(region: () => Ec2Region): Scenarios {
  const allDeleted = async (): Promise<void> => {
    await eventually('no disk is left', () => region().control.volumes().length === 0 || undefined);
    region().control.assertSound();
  };
  return {
    'run --mount makes a disk, attaches it and writes; a second container reads': async (stage) => {
      const mount = stage.mount('disk', 'volume-opt=backend=ebs', 'volume-opt=size=1GiB');
      const script = 'echo data > /data/page';
      await stage.docker('run', ...ALONE, '--rm', '--mount', mount, 'busybox', 'sh', '-c', script);
      const [disk, ...others] = region().control.volumes();
      assert.equal(disk?.tags.get('stowage:name'), 'disk');
      assert.deepEqual(others, []);
      assert.equal(await stage.run('disk', 'cat /data/page'), 'data');
      await stage.docker('volume', 'rm', 'disk');
      await allDeleted();
    },

    'kill -9 of the plugin: a container goes on writing to its disk': async (stage) => {
      await underAWriter('backend=ebs', 'size=1GiB')(stage);
      await stage.docker('rm', '--force', 'clerk');
      await stage.docker('volume', 'rm', 'ledger');
      await allDeleted();
    },

    'the plugin knows names as its host does': async (stage) => {
      const pid = await stage.driver.pid();
      for (const file of ['/etc/resolv.conf', '/etc/hosts']) {
        const seen = await readFile(`/proc/${String(pid)}/root${file}`, 'utf8');
        assert.equal(seen, await readFile(stage.engine.hostPath(file), 'utf8'));
      }
    },
  };
}

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import type { CloudMachine } from '../support/clouds.ts';
import { eventually } from '../support/eventually.ts';
import type { Scenarios } from '../support/scenario.ts';
import { ALONE } from '../support/stage.ts';
import { underAWriter } from './plugin-crash.ts';

/** The smallest of all clouds. */
const SIZE = 'size=10GiB';

/** Volumes on disks of a cloud, made, attached and removed by the managed plugin. */
export function cloudVolumes(backend: string, machine: () => CloudMachine): Scenarios {
  const allDeleted = async (): Promise<void> => {
    await eventually('no disk is left', () => machine().disks() === 0 || undefined);
    machine().assertSound();
  };
  return {
    'run --mount makes a disk, attaches it and writes; a second container reads': async (stage) => {
      const mount = stage.mount('disk', `volume-opt=backend=${backend}`, `volume-opt=${SIZE}`);
      const script = 'echo data > /data/page';
      await stage.docker('run', ...ALONE, '--rm', '--mount', mount, 'busybox', 'sh', '-c', script);
      assert.equal(machine().disks(), 1);
      assert.equal(await stage.run('disk', 'cat /data/page'), 'data');
      await stage.docker('volume', 'rm', 'disk');
      await allDeleted();
    },

    'kill -9 of the plugin: a container goes on writing to its disk': async (stage) => {
      await underAWriter(`backend=${backend}`, SIZE)(stage);
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

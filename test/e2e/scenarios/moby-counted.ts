import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { CallCounts } from '../support/call-log.ts';
import { ALONE, type Stage } from '../support/stage.ts';

/** A test of moby's that compares how often each call came. */
export type CountedTest = (stage: Stage, activations: number) => Promise<void>;

const SCRIPT = 'echo here > /tmp/external-volume-test/test; cat /tmp/external-volume-test/test';

function assertCounts(counts: CallCounts, activations: number, mounts: number): void {
  assert.equal(counts.activate, activations, 'activations');
  assert.equal(counts.create, 1, 'creations');
  assert.equal(counts.remove, 1, 'removals');
  assert.equal(counts.mount, mounts, 'mounts');
  assert.equal(counts.unmount, mounts, 'unmounts');
}

/**
 * From moby's integration-cli/docker_cli_external_volume_driver_test.go, by moby's names. A plain process gets one
 * Plugin.Activate, a managed plugin none.
 */
export const mobyCounted: Readonly<Record<string, CountedTest>> = {
  TestExternalVolumeDriverNamed: async (stage, activations) => {
    const counts = await stage.driver.calls.during(async () => {
      const volume = [
        '-v',
        'external-volume-test:/tmp/external-volume-test',
        '--volume-driver',
        stage.driver.name,
      ];
      assert.equal(
        await stage.docker('run', ...ALONE, '--rm', ...volume, 'busybox', 'sh', '-c', SCRIPT),
        'here',
      );
      const path = join(stage.driver.dataDirectory, 'volumes/external-volume-test');
      assert.ok(existsSync(path));
      await stage.docker('volume', 'rm', 'external-volume-test');
      assert.ok(!existsSync(path));
    });
    assertCounts(counts, activations, 1);
  },

  TestExternalVolumeDriverUnnamed: async (stage, activations) => {
    const counts = await stage.driver.calls.during(async () => {
      const volume = ['-v', '/tmp/external-volume-test', '--volume-driver', stage.driver.name];
      assert.equal(
        await stage.docker('run', ...ALONE, '--rm', ...volume, 'busybox', 'sh', '-c', SCRIPT),
        'here',
      );
    });
    assertCounts(counts, activations, 1);
  },

  TestExternalVolumeDriverVolumesFrom: async (stage, activations) => {
    const counts = await stage.driver.calls.during(async () => {
      const volume = ['-v', '/foo', '--volume-driver', stage.driver.name];
      await stage.docker('run', ...ALONE, '--name', 'vol-test1', ...volume, 'busybox', 'true');
      await stage.docker('run', ...ALONE, '--rm', '--volumes-from', 'vol-test1', 'busybox', 'ls', '/tmp');
      await stage.docker('rm', '-fv', 'vol-test1');
    });
    assertCounts(counts, activations, 2);
  },

  TestExternalVolumeDriverDeleteContainer: async (stage, activations) => {
    const counts = await stage.driver.calls.during(async () => {
      const volume = ['-v', '/foo', '--volume-driver', stage.driver.name];
      await stage.docker('run', ...ALONE, '--name', 'vol-test1', ...volume, 'busybox', 'true');
      await stage.docker('rm', '-fv', 'vol-test1');
    });
    assertCounts(counts, activations, 1);
  },
};

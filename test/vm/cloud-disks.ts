import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { vmImages } from '../../scripts/lib/vm/images.ts';
import { eventually } from '../support/eventually.ts';
import { DockerNode } from './docker-node.ts';
import type { VmCloud, VmCloudKind } from './vm-cloud.ts';

const SLEEP = 'trap "exit 0" TERM; sleep 100000 & wait';

/** What holds on machines with a kernel, an engine and disks of their own, whatever the cloud. */
export function cloudDisks(kind: VmCloudKind): void {
  describe(`volumes on ${kind.backend} that two machines share`, () => {
    let cloud: VmCloud;
    let first: DockerNode;
    let second: DockerNode;

    before(async () => {
      const images = await vmImages();
      cloud = await kind.start();
      [first, second] = await Promise.all([
        DockerNode.launch(cloud, images),
        DockerNode.launch(cloud, images),
      ]);
    });
    after(async () => {
      for (const node of [first, second]) await node.kill();
      await cloud.close();
    });

    const on = (volume: string, size = '1GiB'): string[] => {
      const options = [`backend=${kind.backend}`, `size=${size}`].map((option) => `volume-opt=${option}`);
      const mount = ['type=volume', 'volume-driver=stowage', ...options, `src=${volume}`, 'dst=/data'];
      return ['--network', 'none', '--mount', mount.join(','), 'busybox', 'sh', '-c'];
    };
    const run = async (node: DockerNode, volume: string, script: string, size?: string): Promise<string> =>
      await node.docker('run', '--rm', ...on(volume, size), script);
    const keep = async (node: DockerNode, volume: string, name: string, script: string): Promise<void> => {
      await node.docker('run', '-d', '--name', name, ...on(volume), `${script}; ${SLEEP}`);
      await eventually(async () => await node.docker('exec', name, 'test', '-e', '/data/ready'));
    };
    const allFree = async (): Promise<void> =>
      await eventually(() => assert.deepEqual(cloud.holders(), []), 60_000);

    it('what one machine wrote is read on the other, once the first has let go', async () => {
      const sum = await run(
        first,
        'db',
        'head -c 20000000 /dev/urandom > /data/blob && sync && md5sum < /data/blob',
      );
      assert.deepEqual(cloud.holders(), [first.id]);
      assert.equal(await run(second, 'db', 'md5sum < /data/blob'), sum);
      assert.equal(await run(first, 'db', 'md5sum < /data/blob'), sum);
      await allFree();
    });

    it('a disk that a running machine uses is refused, and the refusal names the machine', async () => {
      await keep(first, 'db', 'user', 'touch /data/ready');
      const said = await second.refusal('run', '--rm', ...on('db'), 'true');
      assert.match(said, /E_VOLUME_IN_USE/);
      assert.ok(said.includes(first.id), said);
      await first.docker('exec', 'user', 'sh', '-c', 'echo still here > /data/still && sync');
      await first.docker('rm', '--force', 'user');
      await allFree();
    });

    const when = kind.showsGrowth ? 'under the container that uses it' : 'by its next mount';
    it(`a volume grows ${when}`, async () => {
      const isLarge = async (shown: Promise<string>): Promise<void> => {
        const [, blocks, size] = /^kept\n(\d+) (\d+)$/.exec(await shown) ?? [];
        assert.ok(Number(blocks) * Number(size) > 1.8 * 1024 ** 3, await shown);
      };
      const look = 'cat /data/kept; stat -f -c "%b %S" /data';
      await keep(first, 'grows', 'user', 'echo kept > /data/kept; touch /data/ready');
      if (!kind.showsGrowth) {
        await first.docker('rm', '--force', 'user');
        await allFree();
      }
      await first.askStowage('VolumeDriver.Create', { Name: 'grows', Opts: { size: '2GiB' } });
      if (kind.showsGrowth) {
        await isLarge(first.docker('exec', 'user', 'sh', '-c', look));
        await first.docker('rm', '--force', 'user');
      }
      // A service that was written before still says the old size.
      await isLarge(run(second, 'grows', look));
      await allFree();
    });

    it('a capped ext4 volume of the machine itself grows under its container, which asks for CAP_SYS_RESOURCE', async () => {
      const mount = 'type=volume,volume-driver=stowage,volume-opt=size=64MiB,src=own,dst=/data';
      const script = `echo kept > /data/kept; touch /data/ready; ${SLEEP}`;
      const about = ['--network', 'none', '--mount', mount, 'busybox', 'sh', '-c', script];
      await first.docker('run', '-d', '--name', 'own', ...about);
      await eventually(async () => await first.docker('exec', 'own', 'test', '-e', '/data/ready'));
      await first.askStowage('VolumeDriver.Create', { Name: 'own', Opts: { size: '256MiB' } });
      const shown = await first.docker('exec', 'own', 'sh', '-c', 'cat /data/kept; stat -f -c "%b %S" /data');
      const [, blocks, size] = /^kept\n(\d+) (\d+)$/.exec(shown) ?? [];
      assert.ok(Number(blocks) * Number(size) > 200 * 1024 ** 2, shown);
      await first.docker('rm', '--force', 'own');
      await first.docker('volume', 'rm', 'own');
    });

    it('a disk that is torn out under a container fails clearly, and is mounted anew afterwards', async () => {
      await keep(first, 'torn', 'torn', 'echo kept > /data/kept; touch /data/ready; sync');
      await cloud.tearOff(first.id);
      await allFree();
      await assert.rejects(
        first.docker('exec', 'torn', 'sh', '-c', 'echo lost > /data/lost && sync /data/lost'),
      );
      await assert.rejects(run(first, 'torn', 'true'), /was taken off this machine/);
      await first.docker('rm', '--force', 'torn');
      assert.equal(await run(first, 'torn', 'cat /data/kept; ls /data'), 'kept\nkept\nready');
      await allFree();
    });

    it('a machine that hangs keeps its disk until the cloud calls it stopped; then nothing is lost', async () => {
      await keep(first, 'db', 'writer', 'echo written > /data/last; touch /data/ready; sync');
      await first.machine.freeze();
      cloud.freeze(first.id);
      const said = await second.refusal('run', '--rm', ...on('db'), 'true');
      assert.match(said, /E_VOLUME_IN_USE/);
      assert.ok(said.includes(first.id), said);
      await first.kill();
      await cloud.stop(first.id);
      assert.equal(await run(second, 'db', 'cat /data/last /data/still'), 'written\nstill here');
      await allFree();
    });

    it('a machine that comes back finds what was written meanwhile', async () => {
      await cloud.start(first.id);
      await first.boot();
      assert.equal(await run(second, 'db', 'echo newer > /data/last; sync; echo done'), 'done');
      assert.equal(await run(first, 'db', 'cat /data/last'), 'newer');
      await allFree();
    });

    it('a machine that hung while its disk was given away writes nothing to it when it goes on', async () => {
      const writing = 'touch /data/ready; while sleep 1; do echo first >> /data/log; sync /data/log; done';
      await first.docker('run', '-d', '--name', 'late', ...on('db'), writing);
      await eventually(async () => await first.docker('exec', 'late', 'test', '-e', '/data/log'));
      await first.machine.freeze();
      cloud.freeze(first.id);
      await cloud.tearOff(first.id);
      await allFree();
      const sum = await run(second, 'db', 'echo second > /data/second; sync; md5sum /data/*');
      await allFree();
      await first.machine.thaw();
      const write = 'echo late >> /data/log && sync /data/log';
      await assert.rejects(first.docker('exec', 'late', 'sh', '-c', write));
      assert.equal(await run(second, 'db', 'md5sum /data/*'), sum);
    });
  });
}

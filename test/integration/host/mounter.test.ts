import assert from 'node:assert/strict';
import {
  closeSync,
  mkdirSync,
  openSync,
  readdirSync,
  statfsSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { bindInSteps } from '../../../plugin/host/bind-mount.ts';
import { MS } from '../../../plugin/host/mount-options.ts';
import { mountDeadShare } from '../../support/dead-share.ts';
import { type HostBench, thrownBy, useHost } from '../../support/host-bench.ts';
import { MountNamespace } from '../../support/mount-namespace.ts';
import { mountsBelow } from '../../support/mount-table.ts';

const bench = useHost();

function tmpfs(target: string, options: string[] = []): Parameters<HostBench['host']['mounts']['mount']>[0] {
  return { source: 'none', target, fileSystem: 'tmpfs', options };
}

function flagsOf(target: string): readonly string[] {
  return mountsBelow('self', target).at(-1)?.flags ?? [];
}

describe('mount', () => {
  it('mounts with flags and with what the file system reads itself', async () => {
    const { host, directoryAt } = bench();
    const target = directoryAt('t');
    await host.mounts.mount(tmpfs(target, ['nosuid', 'nodev', 'noexec', 'size=1m', 'noatime']));
    assert.deepEqual(flagsOf(target), ['rw', 'nosuid', 'nodev', 'noexec', 'noatime']);
    assert.equal(statfsSync(target).blocks * statfsSync(target).bsize, 1024 * 1024);
    await host.mounts.unmount(target);
  });

  it("names the kernel's reason, and leaves passwords out of log and error", async () => {
    const { host, directoryAt, log } = bench();
    const spec = { ...tmpfs(directoryAt('t'), ['password=hunter2']), fileSystem: 'tmpfs' };
    const error = await thrownBy(() => host.mounts.mount(spec), 'E_MOUNT_FAILED');
    assert.match(error.message, /invalid argument/);
    assert.equal(error.details['errno'], 'EINVAL');
    assert.ok(!JSON.stringify([error.message, error.details, log.events]).includes('hunter2'));
  });

  it('says that the target is absent', async () => {
    const { host, at } = bench();
    const error = await thrownBy(() => host.mounts.mount(tmpfs(at('absent'))), 'E_MOUNT_FAILED');
    assert.match(error.message, /no such file or directory/);
  });

  it('fails a device that is none, from a worker thread', async () => {
    const { host, directoryAt } = bench();
    const spec = { source: '/dev/null', target: directoryAt('t'), fileSystem: 'ext4', options: [] };
    const error = await thrownBy(() => host.mounts.mount(spec), 'E_MOUNT_FAILED');
    assert.equal(error.details['errno'], 'ENOTBLK');
  });
});

describe('remount', () => {
  it('changes the size and keeps the flags', async () => {
    const { host, directoryAt } = bench();
    const target = directoryAt('t');
    await host.mounts.mount(tmpfs(target, ['size=1m', 'nosuid', 'noexec']));
    await host.mounts.remount(target, 'tmpfs', ['size=3m']);
    assert.equal(statfsSync(target).blocks * statfsSync(target).bsize, 3 * 1024 * 1024);
    assert.deepEqual(flagsOf(target).slice(0, 3), ['rw', 'nosuid', 'noexec']);
    await host.mounts.unmount(target);
  });
});

describe('bind', () => {
  it('shows the same directory', async () => {
    const { host, directoryAt } = bench();
    const [source, target] = [directoryAt('s'), directoryAt('t')];
    await host.mounts.bind(source, target, []);
    writeFileSync(join(target, 'file'), 'x');
    assert.deepEqual(readdirSync(source), ['file']);
    assert.deepEqual(await host.mounts.identify(target), await host.mounts.identify(source));
    await host.mounts.unmount(target);
  });

  it('sets flags of its own and keeps what the source forbids', async () => {
    const { host, directoryAt } = bench();
    const [source, target] = [directoryAt('s'), directoryAt('t')];
    await host.mounts.mount(tmpfs(source, ['nosuid', 'nodev']));
    await host.mounts.bind(source, target, ['ro', 'noatime']);
    assert.deepEqual(flagsOf(target), ['ro', 'nosuid', 'nodev', 'noatime']);
    assert.throws(() => writeFileSync(join(target, 'file'), 'x'), { code: 'EROFS' });
    writeFileSync(join(source, 'file'), 'x');
    await host.mounts.unmount(target);
    await host.mounts.unmount(source);
  });

  it('makes the same of it in steps, for older kernels', async () => {
    const { host, directoryAt } = bench();
    const [source, target] = [directoryAt('s'), directoryAt('t')];
    await host.mounts.mount(tmpfs(source, ['nosuid', 'nodev']));
    bindInSteps(source, target, MS.RDONLY | MS.NOATIME);
    assert.deepEqual(flagsOf(target), ['ro', 'nosuid', 'nodev', 'noatime']);
    await host.mounts.unmount(target);
    assert.equal(await host.mounts.isMountPoint(target), false);
    await host.mounts.unmount(source);
  });

  it('leaves nothing when a step fails', async () => {
    const { host, at, directoryAt } = bench();
    for (const options of [[], ['ro']]) {
      const error = await thrownBy(() => host.mounts.bind(at('absent'), at('t'), options), 'E_MOUNT_FAILED');
      assert.equal(error.details['errno'], 'ENOENT');
    }
    const target = directoryAt('t');
    writeFileSync(at('file'), '');
    await thrownBy(() => host.mounts.bind(at('file'), target, ['ro']), 'E_MOUNT_FAILED');
    assert.equal(await host.mounts.isMountPoint(target), false);
  });
});

describe('bind with flags below a shared directory', () => {
  it('shows the flags in the other mount namespaces too', async () => {
    const namespace = await MountNamespace.create();
    try {
      const { directory, directoryAt } = bench();
      directoryAt('s');
      const target = directoryAt('t');
      await namespace.share(directory);
      // A second namespace that is told of what is mounted in the first, as the host is of a plugin's mounts.
      const module = new URL('../../../plugin/host/bind-mount.ts', import.meta.url).href;
      for (const call of ['bindMount(s, t, ["ro"])', 'bindInSteps(s, t, 1)']) {
        const text = `import { bindMount, bindInSteps } from '${module}';
          const [s, t] = ['${directory}/s', '${target}'];
          ${call};`;
        const enter = ['--mount', '--propagation', 'unchanged', process.execPath];
        await namespace.run('unshare', ...enter, '--input-type=module-typescript', '-e', text);
        assert.equal(namespace.mountsBelow(target).at(-1)?.flags[0], 'ro', call);
        while (namespace.mountsBelow(target).length > 0) await namespace.run('umount', target);
      }
    } finally {
      await namespace.close();
    }
  });
});

describe('unmount', () => {
  it('takes off everything that is stacked', async () => {
    const { host, directoryAt } = bench();
    const [source, target] = [directoryAt('s'), directoryAt('t')];
    await host.mounts.bind(source, target, []);
    await host.mounts.mount(tmpfs(target));
    await host.mounts.bind(source, target, ['ro']);
    await host.mounts.unmount(target);
    assert.equal(await host.mounts.isMountPoint(target), false);
  });

  it('takes what is not mounted, absent, or behind a file for done', async () => {
    const { host, at, directoryAt } = bench();
    await host.mounts.unmount(directoryAt('t'));
    await host.mounts.unmount(at('absent'));
    await host.mounts.unmount(at('absent/below'));
    writeFileSync(at('file'), '');
    await host.mounts.unmount(at('file'));
    await host.mounts.unmount(at('file/below'));
  });

  it('detaches what is busy', async () => {
    const { host, directoryAt } = bench();
    const target = directoryAt('t');
    await host.mounts.mount(tmpfs(target));
    const fd = openSync(join(target, 'open'), 'w');
    await host.mounts.unmount(target);
    assert.equal(await host.mounts.isMountPoint(target), false);
    closeSync(fd);
  });

  it('takes along what is mounted below', async () => {
    const { host, directoryAt } = bench();
    const target = directoryAt('t');
    await host.mounts.mount(tmpfs(target));
    mkdirSync(join(target, 'below'));
    await host.mounts.mount(tmpfs(join(target, 'below')));
    await host.mounts.unmount(target);
    assert.deepEqual(mountsBelow('self', target), []);
  });

  it('does not follow a link', async () => {
    const { host, at, directoryAt } = bench();
    const target = directoryAt('t');
    await host.mounts.mount(tmpfs(target));
    symlinkSync(target, at('link'));
    await host.mounts.unmount(at('link'));
    assert.equal(await host.mounts.isMountPoint(at('link')), false);
    assert.equal(await host.mounts.isMountPoint(target), true);
    unlinkSync(at('link'));
    await host.mounts.unmount(target);
  });

  it('takes off a share whose server never answers, without waiting for it', async () => {
    const { host, at } = bench();
    const share = mountDeadShare(at('share'));
    try {
      assert.equal(await host.mounts.isMountPoint(share.target), true);
      await host.mounts.unmount(share.target);
      assert.equal(await host.mounts.isMountPoint(share.target), false);
    } finally {
      share.abandon();
    }
  });

  it('is right when called many times at once', async () => {
    const { host, directoryAt } = bench();
    const target = directoryAt('t');
    await host.mounts.mount(tmpfs(target));
    await host.mounts.mount(tmpfs(target));
    await Promise.all(Array.from({ length: 10 }, () => host.mounts.unmount(target)));
    assert.equal(await host.mounts.isMountPoint(target), false);
  });
});

describe('the truth about mounts', () => {
  it('tells a bind of the same file system from a plain directory', async () => {
    const { host, directoryAt } = bench();
    const [source, target] = [directoryAt('s'), directoryAt('t')];
    assert.equal(await host.mounts.isMountPoint(target), false);
    await host.mounts.bind(source, target, []);
    assert.equal(await host.mounts.isMountPoint(target), true);
    assert.equal(await host.mounts.isMountPoint(join(target, 'absent')), false);
    assert.equal(await host.mounts.isMountPoint('/'), true);
    await host.mounts.unmount(target);
  });

  it('finds its own mount in the table, whatever its path looks like', async () => {
    const { host, directoryAt } = bench();
    const target = directoryAt('with blank\ttab\nline\\back ünï');
    await host.mounts.mount(tmpfs(target));
    const entry = (await host.mounts.table()).find((line) => line.target === target);
    assert.equal(entry?.fileSystem, 'tmpfs');
    assert.equal(entry.root, '/');
    assert.deepEqual(await host.mounts.identify(target), { device: entry.device, root: '/' });
    await host.mounts.unmount(target);
  });

  it('identifies what a path shows: through links, below binds, topmost of a stack', async () => {
    const { host, at, directoryAt } = bench();
    const [source, target] = [directoryAt('s'), directoryAt('t')];
    await host.mounts.mount(tmpfs(source));
    mkdirSync(join(source, 'a/b'), { recursive: true });
    const { device } = await host.mounts.identify(source);
    await host.mounts.mount(tmpfs(target));
    await host.mounts.bind(join(source, 'a'), target, []);
    symlinkSync(join(target, 'b'), at('link'));
    assert.deepEqual(await host.mounts.identify(at('link')), { device, root: '/a/b' });
    assert.deepEqual(await host.mounts.identify(target), { device, root: '/a' });
    await thrownBy(() => host.mounts.identify(at('absent')), 'E_HOST_FAILED');
    await host.mounts.unmount(target);
    await host.mounts.unmount(source);
  });
});

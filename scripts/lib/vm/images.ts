import { mkdir, readFile, readdir, rename, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ensureImage } from '../base-images.ts';
import { buildPlugin } from '../build-plugin.ts';
import { cached } from '../cache.ts';
import { makeDebianTree } from '../debian-tree.ts';
import { startEngine } from '../engine.ts';
import { run } from '../run.ts';

/** What a virtual machine is started from. Machines share these files and change none of them. */
export interface VmImages {
  readonly kernel: string;
  /** A small Debian with a Docker engine, as an ext4 file system; its `/init` starts the engine and a guest agent. */
  readonly root: string;
  /** What that engine has: the image `busybox` and the plugin `stowage`, disabled. */
  readonly docker: string;
}

const GIBIBYTE = 1024 ** 3;
/** Sparse: what is not used takes no room. */
const ROOT_BYTES = GIBIBYTE;
const DOCKER_BYTES = 4 * GIBIBYTE;

const TREE = {
  suite: 'bookworm',
  variant: 'extract',
  packages: [
    'linux-image-cloud-amd64',
    'kmod',
    'busybox-static',
    'iproute2',
    'qemu-guest-agent',
    'docker.io',
    'iptables',
    'curl',
  ],
  without: ['/usr/share/doc/*', '/usr/share/man/*', '/usr/share/locale/*'],
} as const;

/**
 * The images of virtual machines with a Docker engine and Stowage as it is written now; they are made first where they
 * are missing.
 *
 * @throws Error when a package cannot be had or the plugin cannot be built
 */
export async function vmImages(): Promise<VmImages> {
  const plugin = await buildPlugin('volume', 'amd64', 'everywhere');
  const tree = await debianTree();
  const root = await rootImage(tree);
  return { kernel: join(tree, 'kernel'), root, docker: await dockerImage(plugin) };
}

/** @returns a directory with the system as `root`, and its kernel beside it */
async function debianTree(): Promise<string> {
  return await cached('vm-tree', [JSON.stringify(TREE), 'layout 3'], async (directory) => {
    const root = join(directory, 'root');
    await mkdir(root);
    await makeDebianTree(TREE, root);
    const [version = ''] = await readdir(join(root, 'lib/modules'));
    // What the packages' own scripts would have done.
    await run('chroot', [root, '/sbin/depmod', version]);
    await rename(join(root, `boot/vmlinuz-${version}`), join(directory, 'kernel'));
    for (const name of ['boot', 'var/cache/apt', 'var/lib/apt', 'var/run'])
      await rm(join(root, name), { recursive: true, force: true });
    await symlink('/run', join(root, 'var/run'));
  });
}

async function rootImage(tree: string): Promise<string> {
  const init = await ownScript('init.sh');
  const isMounted = await ownScript('is-mounted.sh');
  const entry = await cached('vm-root', [tree, init, isMounted, 'layout 2'], async (directory) => {
    const root = join(directory, 'root');
    await run('cp', ['--archive', '--reflink=auto', join(tree, 'root'), root]);
    await writeFile(join(root, 'init'), init, { mode: 0o755 });
    await writeFile(join(root, 'usr/bin/is-mounted'), isMounted, { mode: 0o755 });
    // Docker shows both to every plugin.
    await writeFile(join(root, 'etc/hosts'), '127.0.0.1 localhost\n');
    await writeFile(join(root, 'etc/resolv.conf'), '');
    // The kernel mounts the first, `init` the others.
    for (const name of ['dev', 'proc', 'sys', 'run']) await mkdir(join(root, name), { recursive: true });
    await makeFileSystem(root, join(directory, 'image'), ROOT_BYTES);
    await rm(root, { recursive: true });
  });
  return join(entry, 'image');
}

async function ownScript(name: string): Promise<string> {
  return await readFile(join(import.meta.dirname, name), 'utf8');
}

/**
 * Made by an engine of this machine, of the same release: under emulation, creating the plugin alone would take minutes.
 */
async function dockerImage(plugin: string): Promise<string> {
  const entry = await cached('vm-docker', [plugin, 'layout 1'], async (directory) => {
    const place = join(directory, 'engine');
    await mkdir(place);
    const engine = await startEngine({ release: '20.10', directory: place });
    try {
      await ensureImage(engine, 'busybox:latest', false);
      await engine.docker('plugin', 'create', 'stowage', plugin);
    } finally {
      await engine.stop();
    }
    await makeFileSystem(join(place, 'var-lib/docker'), join(directory, 'image'), DOCKER_BYTES);
    await rm(place, { recursive: true });
  });
  return join(entry, 'image');
}

async function makeFileSystem(content: string, image: string, sizeBytes: number): Promise<void> {
  await writeFile(image, '');
  await truncate(image, sizeBytes);
  await run('mke2fs', ['-q', '-t', 'ext4', '-d', content, image]);
}

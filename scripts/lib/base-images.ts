import { join } from 'node:path';
import { mkdir, symlink } from 'node:fs/promises';
import { ensurePackages } from './apt.ts';
import { cached } from './cache.ts';
import { makeDebianTree } from './debian-tree.ts';
import type { DockerClient } from './docker-client.ts';
import { layOutNode, NODE_PATHS, nodeInputs } from './node-files.ts';
import { run } from './run.ts';

/** A registry that can be reached answers in this time; what cannot be reached often answers never. */
const REGISTRY_ANSWERS_WITHIN_MS = 5_000;
const TRANSFER_DEADLINE_MS = 10 * 60_000;
const DEBIAN_IMAGE = 'debian:trixie-slim';

/** The image that the Dockerfile builds on. */
export const NODE_IMAGE = `node:${process.versions.node}-trixie-slim`;

/** How a stand-in for an image is made where no registry is: from Debian's and npm's packages, as a tar file. */
const STAND_INS = new Map<string, () => Promise<string>>([
  ['busybox:latest', busyboxTar],
  [DEBIAN_IMAGE, debianTar],
  [NODE_IMAGE, nodeTar],
]);

/**
 * Makes an image available in an engine: as it is there, pulled, or as a stand-in of the same name.
 *
 * @param pull whether a registry may be asked; an engine in a network of its own reaches none
 * @throws Error when the image can be neither pulled nor made here
 */
export async function ensureImage(client: DockerClient, image: string, pull: boolean): Promise<void> {
  if ((await client.dockerRaw(['image', 'inspect', image])).exitCode === 0) return;
  if (pull && (await isReachable(client, image))) {
    await client.dockerRaw(['pull', image], { deadlineMs: TRANSFER_DEADLINE_MS });
    return ensureImage(client, image, false);
  }
  const makeTar = STAND_INS.get(image);
  if (makeTar === undefined) throw new Error(`The image ${image} can be neither pulled nor made here.`);
  const note = ['--message', 'stand-in made by Stowage from the packages of Debian and npm'];
  const change = ['--change', image === 'busybox:latest' ? 'CMD ["sh"]' : 'CMD ["bash"]'];
  await client.docker('import', ...note, ...change, await makeTar(), image);
}

async function isReachable(client: DockerClient, image: string): Promise<boolean> {
  try {
    const asked = await client.dockerRaw(['manifest', 'inspect', image], {
      deadlineMs: REGISTRY_ANSWERS_WITHIN_MS,
    });
    return asked.exitCode === 0;
  } catch {
    return false;
  }
}

async function busyboxTar(): Promise<string> {
  await ensurePackages(['busybox-static']);
  const busybox = '/bin/busybox';
  const applets = (await run(busybox, ['--list'])).trim().split('\n');
  const entry = await cached('image-busybox', ['layout 1', ...applets], async (directory) => {
    const root = join(directory, 'root');
    for (const name of ['bin', 'etc', 'root', 'tmp', 'var'])
      await mkdir(join(root, name), { recursive: true });
    await run('cp', [busybox, join(root, 'bin')]);
    for (const applet of applets) {
      if (applet !== 'busybox') await symlink('busybox', join(root, 'bin', applet));
    }
    await run('tar', ['--create', `--file=${directory}/image.tar`, `--directory=${root}`, '.']);
  });
  return join(entry, 'image.tar');
}

async function debianTar(): Promise<string> {
  const [, suite = ''] = /^debian:(\w+)-slim$/.exec(DEBIAN_IMAGE) ?? [];
  const without = ['/usr/share/man/*', '/usr/share/locale/*', '/usr/share/doc/*'];
  const tree = {
    suite,
    variant: 'minbase',
    packages: [],
    without,
    except: ['/usr/share/doc/*/copyright'],
  } as const;
  const entry = await cached('image-debian', [JSON.stringify(tree)], async (directory) => {
    await makeDebianTree(tree, join(directory, 'image.tar'));
  });
  return join(entry, 'image.tar');
}

async function nodeTar(): Promise<string> {
  const debian = await debianTar();
  const entry = await cached(
    'image-node',
    ['layout 1', debian, ...(await nodeInputs())],
    async (directory) => {
      const root = join(directory, 'root');
      const image = join(directory, 'image.tar');
      await layOutNode(root);
      await run('cp', ['--reflink=auto', debian, image]);
      const append = ['--append', `--file=${image}`, '--owner=0', '--group=0', `--directory=${root}`];
      await run('tar', [...append, ...NODE_PATHS]);
      await run('rm', ['-r', root]);
    },
  );
  return join(entry, 'image.tar');
}

import { existsSync } from 'node:fs';
import { rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { debianCodename, ensurePackages } from './apt.ts';
import { cached } from './cache.ts';
import { makeDebianTree } from './debian-tree.ts';

/** The Docker engines that Stowage is tested against, by their version. */
export type EngineRelease = '20.10' | '28.5';

/** A machine-wide installation of one Docker engine: everything it runs lies below one `/usr`. */
export interface EngineRoot {
  /** The directory that must stand at `/usr` where the engine runs; undefined: the machine's own. */
  readonly usr: string | undefined;
  /** A static init program, usable whatever stands at `/usr`. */
  readonly init: string;
}

const RELEASES: Record<EngineRelease, { suite: string; packages: readonly string[] }> = {
  '20.10': { suite: 'bookworm', packages: ['docker.io', 'iptables'] },
  '28.5': {
    suite: 'forky',
    // From this release on, Debian ships the command line on its own. The last two are what Node is linked with, for
    // Stowage as a plain process beside the engine.
    packages: ['docker.io', 'docker-cli', 'iptables', 'libatomic1', 'libstdc++6'],
  },
};

/**
 * Where a Docker engine of this release is installed; it is installed first when it is missing: from the
 * machine's own release with apt, any other into the cache. Nothing is started.
 *
 * @throws CommandError when the machine's Debian mirror cannot give it.
 */
export async function engineRoot(release: EngineRelease): Promise<EngineRoot> {
  const { suite, packages } = RELEASES[release];
  await ensurePackages(['iproute2', 'util-linux']);
  if ((await debianCodename()) === suite && (await isInstallable(packages))) {
    return { usr: undefined, init: '/usr/bin/docker-init' };
  }
  const root = await cached(`engine-${release}`, [suite, ...packages, 'layout 1'], async (directory) => {
    const without = ['/usr/share/*', '/usr/bin/systemd*', '/usr/lib/systemd/*'];
    await makeDebianTree({ suite, variant: 'extract', packages, without }, directory);
    await finishExtraction(join(directory, 'usr'));
    await rm(join(directory, 'var'), { recursive: true });
  });
  return { usr: join(root, 'usr'), init: join(root, 'usr/bin/docker-init') };
}

/** Not where another vendor's Docker is installed, which would have to go. */
async function isInstallable(packages: readonly string[]): Promise<boolean> {
  try {
    await ensurePackages(packages);
    return true;
  } catch {
    return false;
  }
}

/** Does what the packages' own scripts would have done, as far as the engine needs it. */
async function finishExtraction(usr: string): Promise<void> {
  for (const name of ['iptables', 'ip6tables']) {
    const path = join(usr, 'sbin', name);
    if (!existsSync(path)) await symlink('xtables-nft-multi', path);
  }
}

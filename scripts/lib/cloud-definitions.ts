import { existsSync } from 'node:fs';
import { copyFile, mkdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { cached } from './cache.ts';
import { makeDebianTree } from './debian-tree.ts';

const DISCOVERY = '/usr/lib/python3/dist-packages/googleapiclient/discovery_cache/documents';

const TREE = {
  // The first release that has moto; the machine's own may be older.
  suite: 'trixie',
  variant: 'extract',
  // The server wants flask-cors, which the package only recommends.
  packages: ['python3-moto', 'python3-flask-cors', 'python3-googleapi'],
  without: ['/usr/share/man/*', '/usr/share/locale/*', '/usr/share/doc/*', `${DISCOVERY}/*`],
  except: [`${DISCOVERY}/compute.v1.json`],
} as const;

const CERTIFICATES = 'etc/ssl/certs/ca-certificates.crt';

/**
 * A directory to change root into, in which `/usr/bin/moto_server` runs, and in which botocore's definitions of AWS and
 * Google's own of Compute Engine lie. Made on first use, from Debian's packages.
 */
export async function cloudDefinitionsRoot(): Promise<string> {
  return await cached('cloud-definitions', [JSON.stringify(TREE), 'v1'], async (directory) => {
    await makeDebianTree(TREE, directory);
    for (const name of ['lib', 'lib64', 'bin', 'sbin']) {
      if (!existsSync(join(directory, name))) await symlink(`usr/${name}`, join(directory, name));
    }
    for (const path of ['tmp', 'etc/ssl/certs']) {
      await mkdir(join(directory, path), { recursive: true });
    }
    // Python's requests does not load without it. It is never used: moto calls nobody.
    await copyFile(join('/', CERTIFICATES), join(directory, CERTIFICATES));
  });
}

/** Google's definition of compute v1 in that directory: a discovery document. */
export async function computeDiscoveryFile(): Promise<string> {
  return join(await cloudDefinitionsRoot(), `${DISCOVERY}/compute.v1.json`);
}

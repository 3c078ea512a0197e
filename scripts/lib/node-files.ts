import { chmod, copyFile, cp, mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from './run.ts';

/** Settings without which npm might not reach the registry that it reaches on this machine. */
const SHARED_NPM_SETTINGS = ['registry', 'cafile', 'proxy', 'https-proxy'];
const CA_FILE = 'usr/local/lib/node_modules/npm/ca-certificates.crt';

/** All that `layOutNode` lays out, without a directory that a Debian system has: Docker refuses those twice. */
export const NODE_PATHS = [
  'usr/local/bin/node',
  'usr/local/bin/npm',
  'usr/local/bin/npx',
  'usr/local/etc/npmrc',
  'usr/local/lib/node_modules',
];

/** Everything that the files of `layOutNode` depend on. */
export async function nodeInputs(): Promise<string[]> {
  return [
    process.versions.node,
    process.arch,
    await run('npm', ['--version']),
    await npmSettings(),
    ...NODE_PATHS,
  ];
}

/** Lays out below `usr/local` what the official Node images have there: this very Node, and the machine's npm. */
export async function layOutNode(root: string): Promise<void> {
  const local = join(root, 'usr/local');
  const modules = (await run('npm', ['root', '--global'])).trim();
  for (const name of ['bin', 'etc', 'lib/node_modules']) await mkdir(join(local, name), { recursive: true });
  await copyFile(process.execPath, join(local, 'bin/node'));
  await chmod(join(local, 'bin/node'), 0o755);
  await cp(join(modules, 'npm'), join(local, 'lib/node_modules/npm'), { recursive: true, dereference: true });
  for (const name of ['npm', 'npx']) {
    await symlink(`../lib/node_modules/npm/bin/${name}-cli.js`, join(local, 'bin', name));
  }
  const settings = await npmSettings();
  const cafile = /^cafile=(.+)$/m.exec(settings)?.[1];
  if (cafile !== undefined) await copyFile(cafile, join(root, CA_FILE));
  await writeFile(join(local, 'etc/npmrc'), settings.replace(/^cafile=.+$/m, `cafile=/${CA_FILE}`));
}

async function npmSettings(): Promise<string> {
  const lines = await Promise.all(
    SHARED_NPM_SETTINGS.map(async (name) => `${name}=${(await run('npm', ['config', 'get', name])).trim()}`),
  );
  return `${lines.filter((line) => !line.endsWith('=null')).join('\n')}\n`;
}

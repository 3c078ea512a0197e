import { existsSync, globSync } from 'node:fs';
import { readFile, rm, stat, writeFile } from 'node:fs/promises';
import { run, runRaw } from './run.ts';
import { withLock } from './lock.ts';

/** Where this machine takes Debian's packages from, and the keys it trusts for that. */
export interface DebianSource {
  readonly mirror: string;
  readonly keyring: string;
}

const DEFAULT_KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg';
const POLICY_FILE = '/usr/sbin/policy-rc.d';
const UPDATE_STAMP = '/run/lock/stowage-apt.updated';
const FRESH_FOR_MS = 60 * 60_000;
const APT_DEADLINE_MS = 10 * 60_000;

/**
 * Installs those of the named Debian packages that are missing. No service is started and nothing is removed by it.
 *
 * @throws CommandError with apt's own words when a package cannot be installed.
 */
export async function ensurePackages(names: readonly string[]): Promise<void> {
  if ((await missingPackages(names)).length === 0) return;
  await withLock('/run/lock/stowage-apt.lock', async () => {
    const missing = await missingPackages(names);
    if (missing.length === 0) return;
    console.error(`installing ${missing.join(' ')} …`);
    await withoutServices(async () => {
      if (await isFresh()) await install(missing).catch(async () => updateAndInstall(missing));
      else await updateAndInstall(missing);
    });
  });
}

/** Whether the lists of packages were fetched lately: doing it again for each package costs seconds. */
async function isFresh(): Promise<boolean> {
  const stamp = await stat(UPDATE_STAMP).catch(() => undefined);
  return stamp !== undefined && Date.now() - stamp.mtimeMs < FRESH_FOR_MS;
}

async function updateAndInstall(names: readonly string[]): Promise<void> {
  // One broken source of somebody else's must not stop us: what matters is whether the packages are found.
  await apt(['update', '-q']).catch(() => {});
  await writeFile(UPDATE_STAMP, '');
  await install(names);
}

async function install(names: readonly string[]): Promise<void> {
  await apt(['install', '-q', '-y', '--no-install-recommends', '--no-remove', ...names]);
}

async function missingPackages(names: readonly string[]): Promise<string[]> {
  const format = '${db:Status-Status} ${Package}\n';
  const { stdout } = await runRaw('dpkg-query', ['--show', `--showformat=${format}`, ...names]);
  const installed = new Set(stdout.split('\n').filter((line) => line.startsWith('installed ')));
  return names.filter((name) => !installed.has(`installed ${name}`));
}

async function apt(args: readonly string[]): Promise<void> {
  const options = ['-o', 'DPkg::Lock::Timeout=300', '-o', 'Dpkg::Options::=--force-unsafe-io'];
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  await run('apt-get', [...options, ...args], { env, deadlineMs: APT_DEADLINE_MS });
}

/** Debian starts a service when its package is installed, unless this file says no. */
async function withoutServices(work: () => Promise<void>): Promise<void> {
  if (existsSync(POLICY_FILE)) return work();
  await writeFile(POLICY_FILE, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
  try {
    await work();
  } finally {
    await rm(POLICY_FILE, { force: true });
  }
}

/**
 * The mirror and keyring that this machine's own apt uses for Debian's main archive.
 *
 * @throws Error when the machine is no Debian or has no such source.
 */
export async function debianSource(): Promise<DebianSource> {
  const codename = await debianCodename();
  const files = ['/etc/apt/sources.list', ...globSync('/etc/apt/sources.list.d/*.{list,sources}')];
  for (const file of files.filter((path) => existsSync(path))) {
    const text = await readFile(file, 'utf8');
    const entries = file.endsWith('.sources') ? parseDeb822(text) : parseOneLine(text);
    const main = entries.find(
      (entry) => entry.suites.includes(codename) && entry.components.includes('main'),
    );
    if (main !== undefined) return { mirror: main.uri, keyring: main.signedBy ?? DEFAULT_KEYRING };
  }
  throw new Error(
    `No apt source for Debian ${codename} main was found on this machine. Add one to /etc/apt.`,
  );
}

/**
 * The machine's Debian release, such as `bookworm`.
 *
 * @throws Error when the machine runs something else.
 */
export async function debianCodename(): Promise<string> {
  const release = await readFile('/etc/os-release', 'utf8');
  const codename = /^VERSION_CODENAME="?([\w-]+)"?$/m.exec(release)?.[1];
  if (!/^ID="?debian"?$/m.test(release) || codename === undefined) {
    throw new Error('These scripts take packages from Debian and so need a Debian machine.');
  }
  return codename;
}

/** The machine's own apt settings that a second apt must share to reach the same mirror. */
export async function aptSettings(): Promise<string[]> {
  const shared = /^Acquire::(?:Check-Valid-Until|Check-Date|https?::Proxy|https?::CAInfo) "[^"]+";$/;
  return (await run('apt-config', ['dump'])).split('\n').filter((line) => shared.test(line));
}

interface SourceEntry {
  readonly uri: string;
  readonly suites: readonly string[];
  readonly components: readonly string[];
  readonly signedBy: string | undefined;
}

function parseDeb822(text: string): SourceEntry[] {
  const stanzas = text.replaceAll(/^#.*\n/gm, '').split(/\n\s*\n/);
  return stanzas.flatMap((stanza) => {
    const field = (name: string): string[] =>
      new RegExp(`^${name}:\\s*(.+)$`, 'im').exec(stanza)?.[1]?.split(/\s+/) ?? [];
    const [uri] = field('URIs');
    if (uri === undefined || !field('Types').includes('deb') || field('Enabled').includes('no')) return [];
    const [signedBy] = field('Signed-By').filter((path) => path.startsWith('/'));
    return [{ uri, suites: field('Suites'), components: field('Components'), signedBy }];
  });
}

function parseOneLine(text: string): SourceEntry[] {
  return text.split('\n').flatMap((line) => {
    const match = /^deb\s+(?:\[(.*?)\]\s+)?(\S+)\s+(\S+)\s+(.*)$/.exec(line.trim());
    const [, options = '', uri, suite, components = ''] = match ?? [];
    if (uri === undefined || suite === undefined) return [];
    const signedBy = /signed-by=(\/\S+)/.exec(options)?.[1];
    return [{ uri, suites: [suite], components: components.split(/\s+/), signedBy }];
  });
}

import { globSync, readFileSync } from 'node:fs';
import { mkdtemp, readdir, rm, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { runRaw } from './run.ts';

// On a real disk on every machine, unlike /tmp: file systems on loop devices are kept here.
const PARENT = '/var/tmp';
const PREFIX = 'stowage-engine-';

/** Makes the directory of a new engine, and removes those of engines whose process was killed. */
export async function engineDirectory(): Promise<string> {
  for (const name of await readdir(PARENT)) {
    const owner = new RegExp(`^${PREFIX}(\\d+)-`).exec(name)?.[1];
    if (owner !== undefined && !isAlive(Number(owner))) await removeEngineDirectory(join(PARENT, name));
  }
  return mkdtemp(join(PARENT, `${PREFIX}${process.pid}-`));
}

/** Removes all that an engine left on the machine, once its processes are gone. */
export async function removeEngineDirectory(directory: string): Promise<void> {
  await releaseLoopDevices(directory);
  await removeControlGroups(directory);
  await rm(directory, { recursive: true, force: true, maxRetries: 3 });
}

/** Detaches every loop device whose file lies below the directory; one that is still busy follows later. */
export async function releaseLoopDevices(directory: string): Promise<void> {
  for (const file of globSync('/sys/block/loop*/loop/backing_file')) {
    const device = `/dev/${file.split('/')[3]}`;
    if (readBackingFile(file).startsWith(`${directory}/`)) await runRaw('losetup', ['--detach', device]);
  }
}

function readBackingFile(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return ''; // It was detached a moment ago.
  }
}

/** A killed engine leaves the empty control groups of its containers and plugins, named by their IDs. */
async function removeControlGroups(directory: string): Promise<void> {
  const ids = new Set(
    globSync(`${directory}/var-lib/docker/{containers,plugins}/*`).map((path) => path.split('/').at(-1)),
  );
  const groups = globSync('/sys/fs/cgroup/{*,*/docker,*/*/*,*/*/*/docker}/*/cgroup.procs');
  for (const path of groups.map((file) => file.split('/').slice(0, -1).join('/'))) {
    if (ids.has(path.split('/').at(-1))) await rmdir(path).catch(() => {});
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

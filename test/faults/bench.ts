import assert from 'node:assert/strict';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import type { Refusal } from '../support/engine-client.ts';
import { refusalOf } from '../support/engine-client.ts';
import { Stowage, type StowageSettings } from '../support/stowage.ts';

/** A Stowage that is prepared but not started, so that the machine can be broken first. */
export async function prepareStowage(context: TestContext, settings: StowageSettings = {}): Promise<Stowage> {
  const stowage = await Stowage.prepare(settings);
  context.after(async () => {
    await stowage.close();
  });
  return stowage;
}

/** Puts the data directory on a memory file system of its own, seen only in the program's mount namespace. */
export async function onSmallDisk(stowage: Stowage, options = 'size=4m'): Promise<void> {
  mkdirSync(stowage.dataDirectory, { recursive: true });
  await stowage.namespace.run('mount', '-t', 'tmpfs', '-o', options, 'disk', stowage.dataDirectory);
}

/** Puts a directory on an ext4 of its own, whose image it returns. */
export async function onExt4(stowage: Stowage, directory: string, size = 64 * 1024 * 1024): Promise<string> {
  const image = join(stowage.root, `disk-${String(readdirSync(stowage.root).length)}`);
  writeFileSync(image, '');
  truncateSync(image, size);
  mkdirSync(directory, { recursive: true });
  await stowage.namespace.run('mkfs.ext4', '-q', '-F', '-m', '0', image);
  await stowage.namespace.run('mount', '-o', 'loop', image, directory);
  return image;
}

/** Fills the disk below a directory to the last block; what it returns frees it again. */
export async function fill(
  stowage: Stowage,
  directory = stowage.dataDirectory,
): Promise<() => Promise<void>> {
  const file = join(directory, 'ballast');
  for (const block of ['bs=64k', 'bs=512']) {
    await stowage.namespace
      .run('dd', 'if=/dev/zero', `of=${file}`, block, 'oflag=append', 'conv=notrunc,fsync', 'status=none')
      .catch(() => '');
  }
  return async () => {
    await stowage.namespace.run('rm', '-f', file);
    await stowage.namespace.run('sync', '-f', directory);
  };
}

/** The socket answers whatever else is broken, and at once. */
export async function assertAnswers(stowage: Stowage): Promise<void> {
  const begin = performance.now();
  assert.deepEqual(await stowage.engine.capabilities(), { Scope: 'local' });
  assert.ok(performance.now() - begin < 2_000, 'Capabilities took more than two seconds');
}

/** The call is refused with this code, and the line says what to do. */
export async function assertRefused(
  stowage: Stowage,
  call: Promise<unknown>,
  code: string,
  advice: RegExp,
): Promise<Refusal> {
  const refusal = await refusalOf(call);
  assert.equal(refusal.code, code, refusal.message);
  assert.match(refusal.message, advice);
  await assertAnswers(stowage);
  return refusal;
}

/** The engine must hear nothing rather than "no such volume". */
export async function assertNoAnswer(stowage: Stowage, name: string): Promise<void> {
  const body = `${JSON.stringify({ Name: name })}\n`;
  await assert.rejects(stowage.raw({ path: '/VolumeDriver.Get', body }), /socket hang up|ECONNRESET/);
  await assertAnswers(stowage);
}

/** Repeats a call for as long as it is refused: what heals is tried again at most once a second. */
export async function healed<Result>(call: () => Promise<Result>, milliseconds = 10_000): Promise<Result> {
  const end = Date.now() + milliseconds;
  for (;;) {
    try {
      return await call();
    } catch (failure) {
      if (Date.now() > end) throw failure;
      await new Promise((resolve) => setTimeout(resolve, 250));
    }
  }
}

/** Creates a volume and leaves a file in it. */
export async function volumeWithData(
  stowage: Stowage,
  name: string,
  options: Readonly<Record<string, string>> | null = null,
): Promise<void> {
  await stowage.engine.create(name, options);
  const target = await stowage.engine.mount(name, 'writer');
  writeFileSync(stowage.see(join(target, 'kept')), `data of ${name}`, { flush: true });
  await stowage.engine.unmount(name, 'writer');
}

/** Asserts that the file is still there. */
export async function assertData(stowage: Stowage, name: string, writtenTo = name): Promise<void> {
  const target = await stowage.engine.mount(name, 'reader');
  const text = await stowage.namespace.run('cat', join(target, 'kept'));
  assert.equal(text, `data of ${writtenTo}`);
  await stowage.engine.unmount(name, 'reader');
}

/** A file of the data directory as the program sees it. */
export function dataFile(stowage: Stowage, ...parts: string[]): string {
  return stowage.see(join(stowage.dataDirectory, ...parts));
}

/** Shows an executable file of ours in place of a command, to the program only. */
export async function replaceCommand(stowage: Stowage, command: string, script: string): Promise<string> {
  const path = ['/usr/sbin', '/sbin', '/usr/bin', '/bin']
    .map((directory) => join(directory, command))
    .find((candidate) => existsSync(candidate) && statSync(candidate).isFile());
  if (path === undefined) throw new Error(`${command} is not installed`);
  const stub = join(stowage.root, `stub-${command}`);
  writeFileSync(stub, script, { mode: 0o755 });
  await stowage.namespace.run('mount', '--bind', stub, path);
  return path;
}

/** Stops the program as a crash does and starts it again. */
export async function crash(stowage: Stowage): Promise<void> {
  await stowage.kill9();
  await stowage.start();
}

/** A command that runs beside the program until the test ends it. */
export async function beside(
  stowage: Stowage,
  command: string,
  ...words: string[]
): Promise<() => Promise<void>> {
  const child = stowage.namespace.spawn(command, words, { stdio: ['ignore', 'pipe', 'inherit'] });
  if (child.stdout !== null) await once(child.stdout, 'data');
  return async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
  };
}

import assert from 'node:assert/strict';
import { globSync } from 'node:fs';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import { startRegion } from '../../cloud/ec2/instance.ts';
import { startProject } from '../../cloud/gce/instance.ts';
import { bundledProgram } from '../../support/bundled-program.ts';
import { refusalOf } from '../../support/engine-client.ts';
import { eventually } from '../../support/eventually.ts';
import type { Stowage } from '../../support/stowage.ts';
import { useStowage } from '../../support/use-stowage.ts';

const MANIFEST = join(import.meta.dirname, '../../../config.json');
const Manifest = z.object({ entrypoint: z.array(z.string()) });
/** The requirement, for a plugin that uses one cloud. */
const MOST_MEGABYTES = 110;
const SETTLED_MS = 3_000;
/** The stand-ins take a twentieth of a cloud's times. */
const SCALE = 1 / 20;

test('local volumes work where the files of the SDKs are missing: none is loaded', async (context) => {
  const program = await withoutSdks(context, await bundledProgram());
  const stowage = await useStowage(context, { commandLine: await asInTheImage(program) });
  await useVolume(stowage, {});
  context.diagnostic(`resident with local volumes, idle: ${String(await idleMegabytes(stowage))} MB`);
  // The files that are missing are those that a cloud needs.
  await refusalOf(stowage.engine.create('disk', { backend: 'ebs', size: '1GiB' }));
  assert.match(stowage.output(), /Cannot find module '\.\/sdk-ec2\.cjs'/);
});

test('EBS volumes work in the bundle, in 110 MB', async (context) => {
  const region = await startRegion(await directory(context), { scale: SCALE });
  context.after(async () => {
    await region.close();
  });
  await worksSmall(context, 'ebs', await region.launch());
  await eventually(() => assert.deepEqual(region.control.volumes(), []));
  region.control.assertSound();
});

test('disks of GCE work in the bundle, in 110 MB', async (context) => {
  const project = await startProject(await directory(context), { scale: SCALE });
  context.after(async () => {
    await project.close();
  });
  await worksSmall(context, 'gce-pd', await project.launch());
  await eventually(() => assert.deepEqual(project.control.disks(), []));
  project.control.assertSound();
});

interface Machine {
  readonly hostSys: string;
  readonly environment: Readonly<Record<string, string>>;
}

/** A volume lives on this cloud, and the program is as small as it has to be afterwards. */
async function worksSmall(context: TestContext, backend: string, machine: Machine): Promise<void> {
  const stowage = await useStowage(context, {
    commandLine: await asInTheImage(await bundledProgram()),
    environment: {
      ...machine.environment,
      STOWAGE_HOST_SYS: machine.hostSys,
      STOWAGE_BACKEND: backend,
      STOWAGE_DETACH_GRACE: '0',
    },
  });
  await useVolume(stowage, { size: '10GiB' });
  const megabytes = await idleMegabytes(stowage);
  context.diagnostic(`resident with ${backend} in use, idle: ${String(megabytes)} MB`);
  assert.ok(megabytes <= MOST_MEGABYTES, `${String(megabytes)} MB are resident`);
}

/** A volume's life: what is written is there when it is mounted again. */
async function useVolume(stowage: Stowage, options: Record<string, string>): Promise<void> {
  const { engine } = stowage;
  await engine.create('db', options);
  await writeFile(join(stowage.see(await engine.mount('db', 'first')), 'page'), 'kept');
  await engine.unmount('db', 'first');
  assert.equal(await readFile(join(stowage.see(await engine.mount('db', 'second')), 'page'), 'utf8'), 'kept');
  await engine.unmount('db', 'second');
  await engine.remove('db');
}

/** What is resident when nothing has been asked for a while, as `ps` shows it. */
async function idleMegabytes(stowage: Stowage): Promise<number> {
  await delay(SETTLED_MS);
  const status = await readFile(`/proc/${String(stowage.pid)}/status`, 'utf8');
  return Math.round(Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) / 1024);
}

/** The entrypoint of config.json, with Node and the program where they are here. */
async function asInTheImage(program: string): Promise<[string, ...string[]]> {
  const { entrypoint } = Manifest.parse(JSON.parse(await readFile(MANIFEST, 'utf8')));
  const [, ...words] = entrypoint;
  return [process.execPath, ...words.map((word) => (word === '/stowage/volume.cjs' ? program : word))];
}

/** A copy of the program that lacks every SDK. */
async function withoutSdks(context: TestContext, program: string): Promise<string> {
  const copy = await directory(context);
  await cp(dirname(program), copy, { recursive: true });
  const sdks = globSync(join(copy, 'sdk-*.cjs'));
  assert.ok(sdks.length > 0);
  for (const file of sdks) await rm(file);
  return join(copy, 'volume.cjs');
}

async function directory(context: TestContext): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'stowage-bundled-'));
  context.after(() => rm(path, { recursive: true }));
  return path;
}

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { globSync } from 'node:fs';
import { copyFile, mkdir, mkdtemp, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { promisify } from 'node:util';
import { bundlePlugin } from '../../../scripts/lib/image/bundle.ts';
import { pruneProtos } from '../../../scripts/lib/image/compute-protos.ts';
import { bundleSdks } from '../../../scripts/lib/image/sdk-bundle.ts';
import { sdkUse } from '../../../scripts/lib/image/sdk-use.ts';

const REPOSITORY = join(import.meta.dirname, '../../..');
const MACHINE = process.arch === 'arm64' ? 'arm64' : 'amd64';
/** Every bundle that must be there, with the most that it may have: a fifth more than what was measured. */
const MOST_BYTES = { 'volume.cjs': 1_150_000, 'sdk-ec2.cjs': 430_000, 'sdk-compute.cjs': 1_130_000 };
/** Every SDK's bundle: the driver that it is for, and what it has besides the classes that the driver uses. */
const SDKS = {
  'sdk-ec2.cjs': { driver: 'ebs', parts: [] },
  'sdk-compute.cjs': { driver: 'gce-pd', parts: ['google-auth-library'] },
};
const SDK_CODE =
  /com\.amazonaws|google\.cloud\.compute|node_modules\/(@aws-sdk|@smithy|@google-cloud|google-)/;

const execute = promisify(execFile);

describe('the bundles of the SDKs', () => {
  let root = '';
  before(async () => {
    root = await mkdtemp(join(tmpdir(), 'stowage-bundles-'));
    await bundlePlugin(REPOSITORY, join(root, 'program'), MACHINE);
  });
  after(() => rm(root, { recursive: true }));

  /** A copy of the repository in which one driver has this text. */
  async function planted(name: string, text: string): Promise<string> {
    const sources = join(root, name);
    await mkdir(join(sources, 'drivers/volume/planted'), { recursive: true });
    await symlink(join(REPOSITORY, 'node_modules'), join(sources, 'node_modules'));
    await writeFile(join(sources, 'drivers/volume/planted/client.ts'), text);
    return sources;
  }

  /** What a bundle exports when nothing else is there, and the classes of it that can be made with these words. */
  async function exportsAlone(bundle: string): Promise<string[]> {
    const empty = await mkdtemp(join(root, 'empty-'));
    await copyFile(bundle, join(empty, 'sdk.cjs'));
    const script = `
      const sdk = require('./sdk.cjs');
      for (const [, value] of Object.entries(sdk))
        if (typeof value === 'function') new value({ region: 'eu-central-1' });
      console.log(JSON.stringify(Object.keys(sdk)));`;
    const { stdout } = await execute(process.execPath, ['--eval', script], { cwd: empty });
    return JSON.parse(stdout) as string[];
  }

  it('are small', async () => {
    for (const [file, most] of Object.entries(MOST_BYTES)) {
      const { size } = await stat(join(root, 'program', file));
      assert.ok(size < most, `${file} has ${String(size)} bytes`);
    }
  });

  it("leave the program's bundle without any code of an SDK", async () => {
    const program = await readFile(join(root, 'program/volume.cjs'), 'utf8');
    assert.doesNotMatch(program, SDK_CODE);
    for (const file of Object.keys(SDKS))
      assert.match(await readFile(join(root, 'program', file), 'utf8'), SDK_CODE);
  });

  for (const [file, { driver, parts }] of Object.entries(SDKS)) {
    it(`${file} loads in an empty directory, and has just what the driver uses`, async () => {
      const folder = join(REPOSITORY, 'drivers/volume', driver);
      const sources = await Promise.all(
        globSync('*.ts', { cwd: folder }).map(async (name) => await readFile(join(folder, name), 'utf8')),
      );
      const used = new Set(
        [...sources.join('\n').matchAll(/new sdk\.(\w+)\(/g)].map(([, name = '']) => name),
      );
      const exported = await exportsAlone(join(root, 'program', file));
      assert.deepEqual(exported, [...[...used].toSorted(), ...parts]);
    });
  }

  it('of Compute Engine have of its definition what is called, and what that takes and gives', async () => {
    const bundle = await readFile(join(root, 'program/sdk-compute.cjs'), 'utf8');
    assert.match(bundle, /AttachDiskInstanceRequest:\{/);
    assert.doesNotMatch(bundle, /SetMachineTypeInstanceRequest:\{/);
  });

  it('are not made of an SDK whose use cannot be told', async () => {
    const sources = await planted('unclear', "const { EC2Client } = await import('@aws-sdk/client-ec2');");
    await assert.rejects(bundleSdks(sources, root), /planted\/client\.ts: .* must be called sdk/);
    assert.equal(sdkUse(sources, '@google-cloud/compute'), undefined);
  });
});

describe('the definition of Compute Engine', () => {
  const v1 = {
    Disks: {
      methods: {
        Get: { requestType: 'GetDisk', responseType: '.google.cloud.compute.v1.Disk' },
        List: { requestType: 'ListDisks', responseType: 'DiskList' },
      },
    },
    Images: { methods: { Get: { requestType: 'GetImage', responseType: 'Image' } } },
    GetDisk: { fields: { disk: { type: 'string', id: 1 } }, comment: 'dropped' },
    Disk: { nested: { Part: { fields: { whole: { type: 'Disk' }, state: { type: 'State' } } } } },
    State: { values: { READY: 1 } },
    ListDisks: { fields: {} },
    DiskList: { fields: { items: { rule: 'repeated', type: 'Disk' } } },
    GetImage: { fields: {} },
    Image: { fields: {} },
  };
  const definition = (services: object): object => ({
    nested: {
      google: {
        nested: { api: {}, cloud: { nested: { compute: { nested: { v1: { nested: services } } } } } },
      },
    },
  });

  it('is reduced to the calls that are used, and to all that their messages refer to', () => {
    const { Disk, State } = v1;
    const Disks = { methods: { Get: v1.Disks.methods.Get } };
    const kept = { Disks, GetDisk: { fields: v1.GetDisk.fields }, Disk, State };
    const use = { services: ['Disks'], calls: new Set(['get', 'open']) };
    assert.deepEqual(pruneProtos(definition(v1), use), definition(kept));
  });

  it('must have the services that are used', () => {
    assert.throws(
      () => pruneProtos(definition(v1), { services: ['Snapshots'], calls: new Set() }),
      /no service Snapshots/,
    );
  });
});

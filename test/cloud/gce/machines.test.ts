import assert from 'node:assert/strict';
import {
  closeSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { persistentDiskLook } from '../shared/disk-looks.ts';
import { LoopDiskBay } from '../shared/loop-disk-bay.ts';
import { type GceInUse, refusalOf, useGce } from './use-gce.ts';

const IN_USE = 'RESOURCE_IN_USE_BY_ANOTHER_RESOURCE';

async function makeDisk(gce: GceInUse, name: string, sizeGb = 1, type = 'pd-balanced'): Promise<void> {
  const { project, zone, disks, ended } = gce;
  const diskResource = { name, sizeGb, type: `zones/${zone}/diskTypes/${type}` };
  assert.equal(await ended(disks.insert({ project, zone, diskResource })), undefined);
}

async function attach(gce: GceInUse, instance: string, disk: string, mode = 'READ_WRITE') {
  const { project, zone, instances, ended } = gce;
  const attachedDiskResource = { source: `zones/${zone}/disks/${disk}`, deviceName: disk, mode };
  return await ended(instances.attachDisk({ project, zone, instance, attachedDiskResource }));
}

async function detach(gce: GceInUse, instance: string, deviceName: string) {
  const { project, zone, instances, ended } = gce;
  return await ended(instances.detachDisk({ project, zone, instance, deviceName }));
}

test('a disk is one machine’s at a time, and the refusal names the holder', async (context) => {
  const gce = await useGce(context);
  gce.control.addMachine('one');
  gce.control.addMachine('two');
  await makeDisk(gce, 'db');
  assert.equal(await attach(gce, 'one', 'db'), undefined);
  const [disk] = await gce.disks.get({ project: gce.project, zone: gce.zone, disk: 'db' });
  assert.match(String(disk.users), /instances\/one$/);
  assert.equal(await attach(gce, 'two', 'db'), IN_USE);
  assert.equal(await attach(gce, 'two', 'db', 'READ_ONLY'), IN_USE);
  const removal = gce.disks.delete({ project: gce.project, zone: gce.zone, disk: 'db' });
  assert.match(await refusalOf(removal), /already being used by '[^']*instances\/one'/);
  assert.equal(await detach(gce, 'one', 'db'), undefined);
  assert.equal(await attach(gce, 'two', 'db'), undefined);
  assert.deepEqual(
    gce.control.attachments().map(({ machine, deviceName }) => [machine, deviceName]),
    [['two', 'db']],
  );
  assert.equal(gce.control.incidents('attach-elsewhere-refused').length, 2);
});

test('many machines may read a disk that nobody writes', async (context) => {
  const gce = await useGce(context);
  for (const name of ['one', 'two', 'three']) gce.control.addMachine(name);
  await makeDisk(gce, 'db');
  assert.equal(await attach(gce, 'one', 'db', 'READ_ONLY'), undefined);
  assert.equal(await attach(gce, 'two', 'db', 'READ_ONLY'), undefined);
  assert.equal(await attach(gce, 'three', 'db', 'READ_WRITE'), IN_USE);
});

test('a machine that was stopped keeps its disks, and one that is gone does not', async (context) => {
  const gce = await useGce(context);
  gce.control.addMachine('one');
  await makeDisk(gce, 'db');
  assert.equal(await attach(gce, 'one', 'db'), undefined);
  const status = async (): Promise<string> => {
    const { project, zone, instances } = gce;
    return String((await instances.get({ project, zone, instance: 'one' }))[0].status);
  };
  gce.control.freeze('one');
  // Frozen, and the cloud does not know: nothing tells it from a healthy one.
  assert.equal(await status(), 'RUNNING');
  await gce.control.stop('one');
  assert.equal(await status(), 'TERMINATED');
  assert.equal(gce.control.attachments().length, 1);
  await gce.control.terminate('one');
  assert.match(await refusalOf(status()), /^5 /);
  assert.deepEqual([gce.control.attachments(), gce.control.disks()], [[], [`${gce.zone}/db`]]);
});

test('what a machine cannot have is refused', async (context) => {
  const gce = await useGce(context);
  gce.control.addMachine('small', { machineType: 'e2-micro' });
  gce.control.addMachine('far', { zone: gce.zones[1] ?? '' });
  await makeDisk(gce, 'fast', 500, 'pd-extreme');
  assert.match(await refusalOf(attach(gce, 'small', 'fast')), /^3 .*not compatible/);
  assert.match(await refusalOf(attach(gce, 'small', 'absent')), /^5 .*was not found/);
  assert.match(await refusalOf(attach(gce, 'far', 'fast')), /^5 .*instances\/far' was not found/);
});

test('an attached disk is there, as Google shows it, and its content goes from machine to machine', async (context) => {
  const root = mkdtempSync(join(tmpdir(), 'stowage-pd-'));
  const bay = new LoopDiskBay({ root, look: persistentDiskLook });
  const gce = await useGce(context, { bay });
  context.after(() => rmSync(root, { recursive: true }));
  gce.control.addMachine('one');
  gce.control.addMachine('two');
  await makeDisk(gce, 'db');
  assert.equal(await attach(gce, 'one', 'db'), undefined);
  writeFileSync(String(bay.deviceOf('one', gce.control.bayIdOf('db'))), 'kept', { flag: 'r+' });
  const blocks = join(await bay.sysfsOf('one'), 'block');
  const [name = ''] = readdirSync(blocks);
  assert.match(name, /^sd[a-z]$/);
  assert.equal(readFileSync(join(blocks, name, 'size'), 'utf8').trim(), String(2 ** 30 / 512));
  assert.equal(readFileSync(join(blocks, name, 'device/vpd_pg80'), 'latin1').slice(4), 'db');
  assert.equal(await detach(gce, 'one', 'db'), undefined);
  assert.deepEqual(readdirSync(blocks), []);
  assert.equal(await attach(gce, 'two', 'db'), undefined);
  const found = Buffer.alloc(4);
  const handle = openSync(String(bay.deviceOf('two', gce.control.bayIdOf('db'))), 'r');
  readSync(handle, found, 0, 4, 0);
  closeSync(handle);
  assert.equal(found.toString(), 'kept');
});

test('the metadata server tells a machine who it is, to those who ask rightly', async (context) => {
  const gce = await useGce(context);
  gce.control.addMachine('one');
  const { host } = await gce.control.startMetadata('one', { allowed: ['compute.disks.list'] });
  const get = async (path: string, headers: Record<string, string> = { 'Metadata-Flavor': 'Google' }) =>
    await fetch(`http://${host}/computeMetadata/v1/${path}`, { headers });
  assert.equal((await get('instance/name', {})).status, 403);
  const proxied = { 'Metadata-Flavor': 'Google', 'X-Forwarded-For': '192.0.2.1' };
  assert.equal((await get('instance/name', proxied)).status, 403);
  assert.equal(await (await get('instance/name')).text(), 'one');
  assert.match(await (await get('instance/zone')).text(), new RegExp(`^projects/\\d+/zones/${gce.zone}$`));
  assert.equal(await (await get('project/project-id')).text(), gce.project);
  assert.equal((await get('instance/nothing')).status, 404);
  const token = (await (await get('instance/service-accounts/default/token')).json()) as {
    access_token: string;
  };
  const url = `http://${gce.host}:${String(gce.port)}/compute/v1/projects/${gce.project}/zones/${gce.zone}/disks`;
  const ask = async (authorization: string) => (await fetch(url, { headers: { authorization } })).status;
  assert.equal(await ask(`Bearer ${token.access_token}`), 200);
  assert.equal(await ask('Bearer guessed'), 401);
  gce.access.revokeAll();
  assert.equal(await ask(`Bearer ${token.access_token}`), 401);
});

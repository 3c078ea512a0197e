import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { GceCloud } from '../../../drivers/volume/gce-pd/cloud.ts';
import { gceOptions } from '../../../drivers/volume/gce-pd/options.ts';
import { outcomeOf } from '../../cloud/gce/use-gce.ts';
import { useCloud, wishFor, type CloudInUse } from './use-cloud.ts';

type Begun = Parameters<typeof outcomeOf>[2];

async function described(cloud: GceCloud, id: string) {
  return (await cloud.describe([id]))[0] ?? assert.fail(`there is no disk ${id}`);
}

/** A disk with content, as a restored one has. */
async function restored(cloud: GceCloud, raw: Readonly<Record<string, string>> = {}) {
  const source = await cloud.create(wishFor('source'));
  const snapshot = await cloud.snapshot(source, 'reclaim');
  for (let now = await cloud.findSnapshot(snapshot.id); now?.state !== 'ready';)
    now = await cloud.findSnapshot(snapshot.id);
  const options = { snapshot: 'source', readOnly: 'true', ...raw };
  return await cloud.create(wishFor('db', options, { content: 'copied', snapshot: snapshot.id }));
}

async function attachByHand(gce: CloudInUse, disk: string, instance: string, deviceName: string) {
  const [zone = ''] = disk.split('/');
  const attachedDiskResource = { source: `zones/${zone}/disks/${disk.split('/')[1] ?? ''}`, deviceName };
  const begun = await gce.operator.instances.attachDisk({
    project: gce.project,
    zone,
    instance,
    attachedDiskResource,
  });
  assert.equal(await outcomeOf(gce, gce.operator, begun as Begun), undefined);
}

describe('gce-pd: disks and machines', () => {
  for (const conflicts of ['in-operation', 'at-once'] as const)
    it(`has one machine win, and the other hear of it (${conflicts})`, async (context) => {
      const gce = await useCloud(context, { conflicts });
      const [one, other] = [await gce.machine(), await gce.machine()];
      const disk = await one.create(wishFor('db'));
      const attempts = [one, other].map(
        async (cloud) => await cloud.attach(disk, await cloud.machine(), false),
      );
      const outcomes = await Promise.allSettled(attempts);
      const refused = outcomes.flatMap((outcome) =>
        outcome.status === 'rejected' ? [outcome.reason as Error & { code: string }] : [],
      );
      assert.deepEqual(
        refused.map(({ code }) => code),
        ['E_VOLUME_IN_USE'],
      );
      assert.equal((await described(one, disk.id)).attachments.length, 1);
    });

  it('does once what was asked for twice, since the answer was lost', async (context) => {
    const gce = await useCloud(context);
    const cloud = await gce.machine();
    const disk = await cloud.create(wishFor('db'));
    const machine = await cloud.machine();
    const operations = ['instances.attachDisk', 'disks.createSnapshot', 'disks.resize', 'disks.setLabels'];
    for (const operation of [...operations, 'instances.detachDisk', 'disks.delete'])
      gce.faults.add({ operations: [operation], times: 1, fault: { kind: 'drop-after' } });
    await cloud.attach(disk, machine, false);
    await cloud.snapshot(disk, 'clone');
    await cloud.modify(disk, gceOptions.parse({ size: '2GiB' }).effective);
    await cloud.write(disk, { ...wishFor('db').record, lease: machine.id });
    await cloud.detach(disk, machine.id);
    await cloud.delete(disk);
    assert.deepEqual(gce.control.disks(), []);
    assert.equal(gce.control.snapshots().length, 1);
  });

  it('tells the limit of a machine', async (context) => {
    const gce = await useCloud(context);
    const cloud = await gce.machine({ machineType: 'e2-micro' });
    const machine = await cloud.machine();
    const names = Array.from({ length: 16 }, (_, at) => `db-${String(at)}`);
    const disks = await Promise.all(names.map(async (name) => await cloud.create(wishFor(name))));
    const [last, ...others] = disks;
    await Promise.all(others.map(async (disk) => await cloud.attach(disk, machine, false)));
    await assert.rejects(cloud.attach(last ?? assert.fail(), machine, false), {
      code: 'E_CLOUD_LIMIT',
      message: /Limit: 16/,
    });
  });

  it('detaches a disk under whatever name it was attached, and never another', async (context) => {
    const gce = await useCloud(context);
    const cloud = await gce.machine();
    const machine = (await cloud.machine()).id;
    const [disk, decoy] = [await cloud.create(wishFor('db')), await cloud.create(wishFor('decoy'))];
    await attachByHand(gce, disk.id, 'machine-1', 'by-hand');
    await attachByHand(gce, decoy.id, 'machine-1', disk.serial);
    assert.deepEqual(
      (await cloud.describe([disk.id, decoy.id])).map(({ id, serial }) => [id, serial]),
      [
        [disk.id, 'by-hand'],
        [decoy.id, disk.serial],
      ],
    );
    await cloud.detach(disk, machine);
    assert.deepEqual(
      gce.control.attachments().map(({ disk: name }) => name),
      [decoy.serial],
    );
    await cloud.detach(disk, machine);
    await cloud.detach(disk, 'europe-west3-a/absent');
  });

  it('gives a disk that nobody writes to many machines', async (context) => {
    const gce = await useCloud(context);
    const [one, other] = [await gce.machine(), await gce.machine()];
    const disk = await restored(one);
    assert.equal(disk.sharable, true);
    await one.attach(disk, await one.machine(), true);
    await other.attach(disk, await other.machine(), true);
    assert.deepEqual(
      gce.control.attachments().map(({ mode }) => mode),
      ['READ_ONLY', 'READ_ONLY'],
    );
  });

  it('but says that a disk is not to be shared once a refusal has told that somebody writes', async (context) => {
    const gce = await useCloud(context);
    const [one, other] = [await gce.machine(), await gce.machine()];
    const disk = await restored(one);
    await attachByHand(gce, disk.id, 'machine-1', 'by-hand');
    await assert.rejects(other.attach(disk, await other.machine(), true), { code: 'E_VOLUME_IN_USE' });
    assert.equal((await described(other, disk.id)).sharable, false);
    await one.detach(disk, (await one.machine()).id);
    assert.equal((await described(other, disk.id)).sharable, true);
  });

  it('makes a hyperdisk-ml for many readers, and no other hyperdisk', async (context) => {
    const gce = await useCloud(context);
    const cloud = await gce.machine();
    const disk = await restored(cloud, { type: 'hyperdisk-ml', size: '4GiB' });
    assert.equal(disk.sharable, true);
    const balanced = await cloud.create(wishFor('fast', { size: '4GiB', type: 'hyperdisk-balanced' }));
    assert.equal(balanced.sharable, false);
  });

  it('calls a machine stopped or gone only when GCE does', async (context) => {
    const gce = await useCloud(context);
    const [one, other] = [await gce.machine(), await gce.machine()];
    const { id } = await one.machine();
    const seen = async (): Promise<string> => await other.machineState(id);
    assert.equal(await seen(), 'running');
    gce.control.freeze('machine-1');
    assert.equal(await seen(), 'running');
    await gce.control.stop('machine-1');
    assert.equal(await seen(), 'stopped');
    await gce.control.start('machine-1');
    assert.equal(await seen(), 'running');
    await gce.control.terminate('machine-1');
    assert.equal(await seen(), 'gone');
  });

  it('takes back an attachment that does not come, and says so', async (context) => {
    const gce = await useCloud(context, { waitDeadlineMs: 100 });
    const cloud = await gce.machine();
    const disk = await cloud.create(wishFor('db'));
    gce.latency.fix('attach', Infinity);
    await assert.rejects(cloud.attach(disk, await cloud.machine(), false), {
      code: 'E_CLOUD_FAILED',
      message: /did not come onto machine europe-west3-a\/machine-1 within 90 s/,
    });
  });
});

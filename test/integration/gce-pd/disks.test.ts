import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { GceCloud } from '../../../drivers/volume/gce-pd/cloud.ts';
import { diskNameOf } from '../../../drivers/volume/gce-pd/names.ts';
import { gceOptions } from '../../../drivers/volume/gce-pd/options.ts';
import { outcomeOf } from '../../cloud/gce/use-gce.ts';
import { eventually } from '../../support/eventually.ts';
import { useCloud, wishFor, type CloudInUse } from './use-cloud.ts';

type Begun = Parameters<typeof outcomeOf>[2];

async function done(gce: CloudInUse, begun: Promise<unknown>): Promise<void> {
  assert.equal(await outcomeOf(gce, gce.operator, (await begun) as Begun), undefined);
}

async function insert(gce: CloudInUse, name: string, zone = gce.zones[0] ?? ''): Promise<void> {
  const diskResource = { name, sizeGb: 1, labels: { team: 'db' }, type: `zones/${zone}/diskTypes/pd-ssd` };
  await done(gce, gce.operator.disks.insert({ project: gce.project, zone, diskResource }));
}

async function described(cloud: GceCloud, id: string) {
  return (await cloud.describe([id]))[0] ?? assert.fail(`there is no disk ${id}`);
}

describe('gce-pd: the making of disks', () => {
  it('gives the same disk for the same record, however often the answer is lost', async (context) => {
    const gce = await useCloud(context);
    const cloud = await gce.machine();
    gce.faults.add({ operations: ['disks.insert'], times: 3, fault: { kind: 'drop-after' } });
    const disk = await cloud.create(wishFor('Db.1'));
    assert.equal((await cloud.create(wishFor('Db.1'))).id, disk.id);
    assert.deepEqual(gce.control.disks(), [disk.id]);
    assert.deepEqual(disk.record, wishFor('Db.1').record);
    assert.deepEqual([disk.state, disk.sizeBytes, disk.serial], ['ready', 2 ** 30, disk.id.split('/')[1]]);
  });

  it('refuses a name that another creation has, and what is no volume at all', async (context) => {
    const gce = await useCloud(context);
    const cloud = await gce.machine();
    await cloud.create(wishFor('db'));
    const other = wishFor('db', { size: '1GiB' }, { createdAt: new Date(1) });
    await assert.rejects(cloud.create(other), { code: 'E_VOLUME_EXISTS' });
    await insert(gce, diskNameOf('test', 'strange'));
    await assert.rejects(cloud.create(wishFor('strange')), {
      code: 'E_CLOUD_FAILED',
      message: /is no volume of this cluster/,
    });
    assert.equal(gce.control.disks().length, 2);
  });

  it('waits for the name of a disk that is being deleted', async (context) => {
    const gce = await useCloud(context);
    const cloud = await gce.machine();
    const disk = await cloud.create(wishFor('db'));
    gce.latency.fix('delete', 500);
    const [zone = '', name = ''] = disk.id.split('/');
    await gce.operator.disks.delete({ project: gce.project, zone, disk: name });
    assert.equal((await described(cloud, disk.id)).state, 'deleting');
    const again = wishFor('db', { size: '1GiB' }, { createdAt: new Date(1) });
    assert.equal((await cloud.create(again)).record?.createdAt.getTime(), 1);
  });

  for (const [code, ours] of [
    ['QUOTA_EXCEEDED', 'E_CLOUD_LIMIT'],
    ['ZONE_RESOURCE_POOL_EXHAUSTED', 'E_CLOUD_LIMIT'],
    ['INTERNAL_ERROR', 'E_CLOUD_UNAVAILABLE'],
  ] as const)
    it(`tells of ${code}, which only the operation knows`, async (context) => {
      const gce = await useCloud(context);
      const cloud = await gce.machine();
      gce.control.failOperation({ type: 'insert', code, message: 'no room' });
      await assert.rejects(cloud.create(wishFor('db')), { code: ours, message: /no room/ });
      assert.deepEqual(gce.control.disks(), []);
    });

  it('says when options are longer than labels', async (context) => {
    const gce = await useCloud(context);
    const cloud = await gce.machine();
    const labels = Array.from({ length: 20 }, (_, at) => `key-${String(at)}=${'x'.repeat(60)}`).join(',');
    await assert.rejects(cloud.create(wishFor('db', { size: '1GiB', labels })), {
      code: 'E_INVALID_OPTION',
    });
  });

  it('changes what can be changed of a hyperdisk, and only what differs', async (context) => {
    const gce = await useCloud(context);
    const cloud = await gce.machine();
    const wish = { size: '100GiB', type: 'hyperdisk-balanced', iops: '5000', throughput: '200' };
    const disk = await cloud.create(wishFor('db', wish));
    assert.deepEqual(disk.facts, { volumeType: 'hyperdisk-balanced', iops: '5000', throughput: '200' });
    await cloud.modify(disk, gceOptions.parse(wish).effective);
    assert.equal(gce.calls.perOperation()['disks.update'], undefined);
    const more = gceOptions.parse({ ...wish, size: '200GiB', iops: '6000' }).effective;
    await cloud.modify(disk, more);
    const changed = await described(cloud, disk.id);
    assert.deepEqual(
      [changed.sizeBytes, changed.facts['iops'], changed.facts['throughput']],
      [200 * 2 ** 30, '6000', '200'],
    );
    await cloud.modify(changed, gceOptions.parse({ ...wish, iops: '6000' }).effective);
    assert.equal((await described(cloud, disk.id)).sizeBytes, 200 * 2 ** 30);
  });
});

describe('gce-pd: what disks say about themselves', () => {
  it('keeps the labels of others, also those written meanwhile', async (context) => {
    const gce = await useCloud(context);
    const cloud = await gce.machine();
    const disk = await cloud.create(wishFor('db', { size: '1GiB', labels: 'team=db' }));
    const { record } = wishFor('db');
    const [zone = '', name = ''] = disk.id.split('/');
    const [shown] = await gce.operator.disks.get({ project: gce.project, zone, disk: name });
    const zoneSetLabelsRequestResource = {
      labels: { ...shown.labels, stage: 'prod' },
      labelFingerprint: shown.labelFingerprint ?? null,
    };
    await done(
      gce,
      gce.operator.disks.setLabels({
        project: gce.project,
        zone,
        resource: name,
        zoneSetLabelsRequestResource,
      }),
    );
    await cloud.write(disk, { ...record, lease: 'europe-west3-a/one', content: 'own' });
    const labels = gce.control.labelsOf(name);
    assert.deepEqual([labels['team'], labels['stage']], ['db', 'prod']);
    const { record: written } = await described(cloud, disk.id);
    assert.deepEqual([written?.lease, written?.content], ['europe-west3-a/one', 'own']);
    await cloud.forget(disk);
    assert.deepEqual(gce.control.labelsOf(name), { team: 'db', stage: 'prod' });
    assert.equal((await described(cloud, disk.id)).record, undefined);
  });

  it('shows the disks of this cluster in every zone, and describes many in one call', async (context) => {
    const gce = await useCloud(context);
    const cloud = await gce.machine();
    const names = ['a', 'b', 'c'];
    const disks = await Promise.all(names.map(async (name) => await cloud.create(wishFor(name))));
    const far = await cloud.create(wishFor('far', { size: '1GiB' }, { zone: gce.zones[1] ?? '' }));
    await insert(gce, 'foreign');
    const ids = [...disks.map(({ id }) => id), far.id];
    assert.deepEqual((await cloud.list()).map(({ id }) => id).toSorted(), ids.toSorted());
    const before = gce.calls.perOperation();
    const found = await cloud.describe([...ids.slice(0, 3), `${gce.zones[0] ?? ''}/absent`]);
    assert.deepEqual(found.map(({ id }) => id).toSorted(), ids.slice(0, 3).toSorted());
    const after = gce.calls.perOperation();
    assert.equal((after['disks.list'] ?? 0) - (before['disks.list'] ?? 0), 1);
    assert.equal(after['disks.get'], before['disks.get']);
    assert.deepEqual(await cloud.describe([`${gce.zones[0] ?? ''}/absent`]), []);
  });

  it('has no list with holes: a zone that is out of reach is an outage', async (context) => {
    const gce = await useCloud(context);
    const cloud = await gce.machine();
    const disk = await cloud.create(wishFor('db'));
    gce.control.setZoneReachable(gce.zones[1] ?? '', false);
    await assert.rejects(cloud.list(), { code: 'E_CLOUD_UNAVAILABLE' });
    assert.equal((await described(cloud, disk.id)).state, 'ready');
    gce.control.setZoneReachable(gce.zones[1] ?? '', true);
    assert.equal((await cloud.list()).length, 1);
  });

  it('finds a disk of others by name, and asks for the zone where there are two', async (context) => {
    const gce = await useCloud(context);
    const cloud = await gce.machine();
    await insert(gce, 'old');
    assert.equal((await cloud.findForeign('old'))?.id, `${gce.zones[0] ?? ''}/old`);
    await insert(gce, 'old', gce.zones[1]);
    await assert.rejects(cloud.findForeign('old'), { code: 'E_INVALID_OPTION', message: /several zones/ });
    const id = `${gce.zones[1] ?? ''}/old`;
    assert.equal((await cloud.findForeign(id))?.id, id);
    assert.equal(await cloud.findForeign('absent'), undefined);
  });

  it('finds the newest snapshot that was kept of a volume, and the passing ones', async (context) => {
    const gce = await useCloud(context);
    const cloud = await gce.machine();
    const disk = await cloud.create(wishFor('Db'));
    await cloud.snapshot(disk, 'reclaim');
    const newest = await cloud.snapshot(disk, 'reclaim');
    const passing = await cloud.snapshot(disk, 'clone');
    assert.equal((await cloud.findSnapshot('Db'))?.id, newest.id);
    assert.equal((await cloud.findSnapshot(passing.id))?.id, passing.id);
    assert.equal(await cloud.findSnapshot('db'), undefined);
    const [shown, ...others] = await cloud.snapshots('clone');
    assert.deepEqual([shown?.id, shown?.machine, others], [passing.id, (await cloud.machine()).id, []]);
    await eventually(async () => assert.equal((await cloud.findSnapshot(passing.id))?.state, 'ready'));
    await cloud.deleteSnapshot(passing.id);
    await cloud.deleteSnapshot(passing.id);
    assert.deepEqual(await cloud.snapshots('clone'), []);
  });
});

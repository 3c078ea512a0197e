import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { eventually } from '../../support/eventually.ts';
import { refusalOf, useGce } from './use-gce.ts';

const nameOf = ([{ latestResponse }]: readonly [{ latestResponse: object }, ...unknown[]]): unknown =>
  Reflect.get(latestResponse, 'name');

const typeOf = (zone: string, type: string): string => `zones/${zone}/diskTypes/${type}`;

test('a disk is made with its labels, shown, resized and deleted', async (context) => {
  const { project, zone, disks, ended, control } = await useGce(context);
  const labels = { 'stowage-cluster': 'default' };
  const diskResource = { name: 'db', sizeGb: 10, type: typeOf(zone, 'pd-balanced'), labels };
  const begun = disks.insert({ project, zone, diskResource });
  await begun;
  assert.equal((await disks.get({ project, zone, disk: 'db' }))[0].status, 'CREATING');
  assert.equal(await ended(begun), undefined);
  const [disk] = await disks.get({ project, zone, disk: 'db' });
  assert.deepEqual([disk.status, String(disk.sizeGb), disk.labels], ['READY', '10', labels]);
  const grow = (sizeGb: number) =>
    disks.resize({ project, zone, disk: 'db', disksResizeRequestResource: { sizeGb } });
  assert.match(await refusalOf(grow(5)), /^3 .*sizeGb/);
  assert.equal(await ended(grow(20)), undefined);
  assert.equal(String((await disks.get({ project, zone, disk: 'db' }))[0].sizeGb), '20');
  assert.equal(await ended(disks.delete({ project, zone, disk: 'db' })), undefined);
  assert.match(await refusalOf(disks.get({ project, zone, disk: 'db' })), /^5 .*was not found/);
  assert.deepEqual(control.disks(), []);
});

test('what the cloud would refuse is refused', async (context) => {
  const { project, zone, disks, ended } = await useGce(context);
  const insert = (diskResource: Record<string, unknown>) => disks.insert({ project, zone, diskResource });
  assert.match(await refusalOf(insert({ name: 'Big', sizeGb: 1 })), /resource\.name/);
  assert.match(await refusalOf(insert({ name: 'a', labels: { Upper: 'x' } })), /label/i);
  assert.match(await refusalOf(insert({ name: 'a', sizeGb: 70_000 })), /cannot be greater/);
  assert.match(await refusalOf(insert({ name: 'a', type: typeOf(zone, 'nonsense') })), /was not found/);
  assert.match(
    await refusalOf(insert({ name: 'a', provisionedIops: 5_000, type: typeOf(zone, 'pd-ssd') })),
    /provisionedIops/,
  );
  assert.match(
    await refusalOf(insert({ name: 'a', accessMode: 'READ_WRITE_MANY', type: typeOf(zone, 'pd-ssd') })),
    /accessMode/,
  );
  assert.match(
    await refusalOf(disks.insert({ project, zone: 'mars-1-a', diskResource: { name: 'a' } })),
    /^5 /,
  );
  assert.equal(await ended(insert({ name: 'a', sizeGb: 1 })), undefined);
  // The SDK keeps no HTTP status: 409 arrives as ABORTED.
  assert.match(await refusalOf(insert({ name: 'a', sizeGb: 1 })), /^10 .*already exists/);
});

test('a request ID makes a request one, and only that request', async (context) => {
  const { project, zone, disks, ended, control } = await useGce(context);
  const requestId = randomUUID();
  const insert = (sizeGb: number) =>
    disks.insert({ project, zone, requestId, diskResource: { name: 'db', sizeGb } });
  const [first, second] = [await insert(1), await insert(1)];
  assert.equal(nameOf(first), nameOf(second));
  assert.equal(await ended(insert(1)), undefined);
  assert.deepEqual(control.disks(), [`${zone}/db`]);
  await refusalOf(insert(2));
  assert.equal(control.incidents('request-id-reused').length, 1);
});

test('lists are filtered and paged, and tell of zones that they do not reach', async (context) => {
  const { project, zone, zones, disks, ended, control } = await useGce(context);
  for (const [index, at] of [zone, zone, zone, zones[1] ?? ''].entries()) {
    const labels = { cluster: index === 1 ? 'other' : 'mine' };
    const diskResource = { name: `disk-${String(index)}`, sizeGb: 1, labels };
    assert.equal(await ended(disks.insert({ project, zone: at, diskResource })), undefined);
  }
  const filter = 'labels.cluster = mine';
  const [mine] = await disks.list({ project, zone, filter, maxResults: 1 });
  assert.deepEqual(
    mine.map(({ name }) => name),
    ['disk-0', 'disk-2'],
  );
  const everywhere = async (): Promise<string[]> => {
    const names: string[] = [];
    for await (const [, scope] of disks.aggregatedListAsync({ project, filter }, { retry: null }))
      for (const { name } of scope.disks ?? []) names.push(String(name));
    return names;
  };
  assert.deepEqual(await everywhere(), ['disk-0', 'disk-2', 'disk-3']);
  control.setZoneReachable(zone, false);
  // The SDK repeats such calls for minutes unless it is told otherwise.
  assert.match(await refusalOf(everywhere()), /unreachable/);
  assert.match(await refusalOf(disks.list({ project, zone }, { retry: null })), /unreachable/);
  control.setZoneReachable(zone, true);
});

test('labels are changed by who has seen them last', async (context) => {
  const { project, zone, disks, ended } = await useGce(context);
  assert.equal(
    await ended(disks.insert({ project, zone, diskResource: { name: 'db', sizeGb: 1 } })),
    undefined,
  );
  const [{ labelFingerprint = null }] = await disks.get({ project, zone, disk: 'db' });
  const set = (value: string) =>
    disks.setLabels({
      project,
      zone,
      resource: 'db',
      zoneSetLabelsRequestResource: { labelFingerprint, labels: { lease: value } },
    });
  assert.equal(await ended(set('one')), undefined);
  assert.match(await refusalOf(set('two')), /fingerprint/i);
  assert.deepEqual((await disks.get({ project, zone, disk: 'db' }))[0].labels, { lease: 'one' });
});

test('a snapshot keeps what was on the disk, and a disk can be made of it', async (context) => {
  const { project, zone, disks, snapshots, ended, control } = await useGce(context);
  assert.equal(
    await ended(disks.insert({ project, zone, diskResource: { name: 'db', sizeGb: 2 } })),
    undefined,
  );
  const snapshotResource = { name: 'snap', labels: { of: 'db' } };
  assert.equal(await ended(disks.createSnapshot({ project, zone, disk: 'db', snapshotResource })), undefined);
  await eventually(async () => {
    assert.equal((await snapshots.get({ project, snapshot: 'snap' }))[0].status, 'READY');
  });
  const restore = (sizeGb: number) =>
    disks.insert({
      project,
      zone,
      diskResource: { name: 'copy', sizeGb, sourceSnapshot: 'global/snapshots/snap' },
    });
  assert.match(await refusalOf(restore(1)), /smaller than the snapshot/);
  assert.equal(await ended(restore(3)), undefined);
  assert.deepEqual(control.disks().toSorted(), [`${zone}/copy`, `${zone}/db`]);
  assert.equal(await ended(snapshots.delete({ project, snapshot: 'snap' })), undefined);
  assert.deepEqual(control.snapshots(), []);
});

test('faults come as Google sends them', async (context) => {
  const { project, zone, disks, ended, faults, control, calls } = await useGce(context);
  const insert = (name: string) => disks.insert({ project, zone, diskResource: { name, sizeGb: 1 } });
  faults.add({ operations: ['disks.insert'], times: 1, fault: { kind: 'throttle' } });
  assert.match(await refusalOf(insert('a')), /^7 .*Quota exceeded/);
  faults.add({ operations: ['disks.insert'], times: 1, fault: { kind: 'drop-after' } });
  assert.notEqual(await refusalOf(insert('b')), 'ok');
  // It was done all the same, which the caller cannot know.
  assert.deepEqual(control.disks(), [`${zone}/b`]);
  control.failOperation({ type: 'insert', code: 'ZONE_RESOURCE_POOL_EXHAUSTED' });
  assert.equal(await ended(insert('c')), 'ZONE_RESOURCE_POOL_EXHAUSTED');
  assert.deepEqual(control.disks(), [`${zone}/b`]);
  assert.equal(calls.perOperation()['disks.insert'], 3);
});

test('a caller may do what is allowed, and is told the permission that it lacks', async (context) => {
  const { project, zone, clientsFor } = await useGce(context);
  const { disks } = clientsFor('reader', ['compute.disks.list']);
  assert.equal(await refusalOf(disks.list({ project, zone })), 'ok');
  const refusal = await refusalOf(disks.insert({ project, zone, diskResource: { name: 'db', sizeGb: 1 } }));
  assert.match(refusal, /^7 .*Required 'compute\.disks\.create' permission for/);
});

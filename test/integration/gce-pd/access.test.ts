import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { FULL_SCOPES } from '../../cloud/gce/access.ts';
import { closeServer, listenOnLoopback } from '../../cloud/shared/faulty-server.ts';
import { useCloud, wishFor, type CloudInUse } from './use-cloud.ts';

describe('gce-pd: how Google is reached', () => {
  it('goes on when a token ends', async (context) => {
    const gce = await useCloud(context);
    const cloud = await gce.machine({ tokenMs: 1_000 });
    await cloud.create(wishFor('db'));
    gce.access.revokeAll();
    await new Promise((resolve) => setTimeout(resolve, 1_100));
    assert.equal((await cloud.list()).length, 1);
  });

  it('says when the machine has no service account, or one with too narrow a scope', async (context) => {
    const gce = await useCloud(context);
    const nobody = await gce.machine({ email: null });
    await assert.rejects(nobody.list(), { code: 'E_PERMISSION_DENIED', message: /no service account/ });
    const scopes = ['https://www.googleapis.com/auth/compute.readonly'];
    const reader = await gce.machine({ scopes });
    assert.deepEqual(await reader.list(), []);
    await assert.rejects(reader.create(wishFor('db')), (error: Error & { code: string; remedy: string }) => {
      assert.match(error.remedy, /cloud-platform/);
      return error.code === 'E_PERMISSION_DENIED';
    });
  });

  for (const permission of [
    'compute.disks.create',
    'compute.disks.setLabels',
    'compute.disks.get',
    'compute.zoneOperations.get',
  ])
    it(`names ${permission} when it is missing`, async (context) => {
      const gce = await useCloud(context);
      const others = [
        'compute.disks.create',
        'compute.disks.setLabels',
        'compute.disks.get',
        'compute.zoneOperations.get',
      ];
      const cloud = await gce.machine({ allowed: others.filter((one) => one !== permission) });
      await assert.rejects(cloud.create(wishFor('db')), {
        code: 'E_PERMISSION_DENIED',
        message: `the plugin's identity may not call ${permission}`,
      });
    });

  for (const throttleStatus of [403, 429] as const)
    it(`repeats what was throttled by ${String(throttleStatus)}, within bounds`, async (context) => {
      const gce = await useCloud(context, { throttleStatus });
      const cloud = await gce.machine();
      gce.faults.add({ times: 3, fault: { kind: 'throttle' } });
      assert.deepEqual(await cloud.list(), []);
      const release = gce.faults.add({ fault: { kind: 'throttle' } });
      const before = gce.calls.perOperation()['disks.aggregatedList'] ?? 0;
      await assert.rejects(cloud.list(), { code: 'E_CLOUD_UNAVAILABLE' });
      assert.equal((gce.calls.perOperation()['disks.aggregatedList'] ?? 0) - before, 5);
      release();
      assert.deepEqual(await cloud.list(), []);
    });

  it('asks the metadata server again when it did not answer', async (context) => {
    const gce = await useCloud(context);
    const dead = await gce.machine({}, { GCE_METADATA_HOST: '127.0.0.1:1' });
    await assert.rejects(dead.machine(), { code: 'E_CLOUD_UNAVAILABLE', message: /metadata server/ });
    await assert.rejects(dead.list(), { code: 'E_CLOUD_UNAVAILABLE', message: /metadata server/ });
  });

  it('uses a file with credentials, also one that appears later, and REX-Ray’s name for it', async (context) => {
    const gce = await useCloud(context);
    const directory = await mkdtemp(join(tmpdir(), 'stowage-gce-key-'));
    context.after(() => rm(directory, { recursive: true }));
    const key = join(directory, 'key.json');
    const cloud = await gce.machine({ email: null }, { GCEPD_KEYFILE: key });
    // Twice, and nothing of it reaches the process as an error that nobody handles.
    for (let attempt = 0; attempt < 2; attempt += 1)
      await assert.rejects(cloud.list(), { code: 'E_INVALID_CONFIG' });
    await writeFile(join(directory, 'subject'), 'a token of somebody else’s');
    await writeFile(key, JSON.stringify(await workloadIdentity(context, gce, join(directory, 'subject'))));
    assert.deepEqual(await cloud.list(), []);
    assert.ok(gce.calls.count({ caller: 'workload' }) > 0);
  });

  it('refuses an endpoint that is none', async (context) => {
    const gce = await useCloud(context);
    for (const STOWAGE_GCE_ENDPOINT of ['compute.googleapis.com', 'https://a/compute/v1', 'ftp://a']) {
      const cloud = await gce.machine({}, { STOWAGE_GCE_ENDPOINT });
      await assert.rejects(cloud.list(), { code: 'E_INVALID_CONFIG' });
    }
  });
});

/** The credentials of a workload identity, whose tokens a server of the test's own exchanges. */
async function workloadIdentity(context: TestContext, gce: CloudInUse, file: string): Promise<object> {
  const who = { caller: 'workload', email: 'workload@test', scopes: FULL_SCOPES, lifetimeMs: 3_600_000 };
  const server = createServer((request, response) => {
    request.resume();
    response.setHeader('content-type', 'application/json');
    response.end(
      JSON.stringify({
        access_token: gce.access.issue(who),
        issued_token_type: 'urn:ietf:params:oauth:token-type:access_token',
        token_type: 'Bearer',
        expires_in: 3_600,
      }),
    );
  });
  const port = await listenOnLoopback(server);
  context.after(async () => await closeServer(server));
  return {
    type: 'external_account',
    audience: '//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/p/providers/q',
    subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
    token_url: `http://127.0.0.1:${String(port)}/token`,
    credential_source: { file },
  };
}

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DeleteVolumeCommand, DescribeVolumesCommand, EC2Client } from '@aws-sdk/client-ec2';
import { codeOf, useEc2 } from './use-ec2.ts';

const TTL = 'X-aws-ec2-metadata-token-ttl-seconds';

async function tokenFrom(endpoint: string): Promise<string> {
  const answer = await fetch(`${endpoint}/latest/api/token`, { method: 'PUT', headers: { [TTL]: '60' } });
  assert.equal(answer.status, 200);
  return await answer.text();
}

test('the metadata service tells an instance where it is, to who has a token', async (context) => {
  const { control } = await useEc2(context);
  const instance = control.addInstance({ zone: 'eu-central-1b' });
  const { endpoint } = await control.startMetadata(instance);
  const path = '/latest/meta-data/instance-id';
  assert.equal((await fetch(endpoint + path)).status, 401);
  assert.equal((await fetch(`${endpoint}/latest/api/token`, { method: 'PUT' })).status, 400);
  const proxied = { [TTL]: '60', 'X-Forwarded-For': '192.0.2.1' };
  assert.equal(
    (await fetch(`${endpoint}/latest/api/token`, { method: 'PUT', headers: proxied })).status,
    403,
  );
  const headers = { 'X-aws-ec2-metadata-token': await tokenFrom(endpoint) };
  const read = async (page: string): Promise<string> =>
    await (await fetch(endpoint + page, { headers })).text();
  assert.equal(await read(path), instance);
  assert.equal(await read('/latest/meta-data/placement/availability-zone'), 'eu-central-1b');
  assert.equal(await read('/latest/meta-data/placement/region'), 'eu-central-1');
  assert.equal(await read('/latest/meta-data/instance-type'), 'm5.large');
  const document = JSON.parse(await read('/latest/dynamic/instance-identity/document')) as Record<
    string,
    string
  >;
  assert.deepEqual([document['instanceId'], document['region']], [instance, 'eu-central-1']);
  const roles = await fetch(`${endpoint}/latest/meta-data/iam/security-credentials/`, { headers });
  assert.equal(roles.status, 404, 'an instance without a role');
  const guessed = { 'X-aws-ec2-metadata-token': 'guessed' };
  assert.equal((await fetch(endpoint + path, { headers: guessed })).status, 401);
});

test('a token does not reach a caller that is too many hops away', async (context) => {
  const { control } = await useEc2(context);
  const { endpoint } = await control.startMetadata(control.addInstance(), { hops: 2 });
  const signal = AbortSignal.timeout(200);
  const asked = fetch(`${endpoint}/latest/api/token`, { method: 'PUT', headers: { [TTL]: '60' }, signal });
  await assert.rejects(asked, { name: 'TimeoutError' });
});

test('the SDK finds the credentials of the role by itself, and they may do what the role may', async (context) => {
  const { control, endpoint, region } = await useEc2(context);
  const metadata = await control.startMetadata(control.addInstance(), {
    role: 'plugin',
    allowed: ['DescribeVolumes'],
  });
  const environment = {
    AWS_EC2_METADATA_SERVICE_ENDPOINT: metadata.endpoint,
    AWS_SHARED_CREDENTIALS_FILE: '/nonexistent',
    AWS_CONFIG_FILE: '/nonexistent',
  };
  Object.assign(process.env, environment);
  context.after(() => {
    for (const name of Object.keys(environment)) delete process.env[name];
  });
  const client = new EC2Client({ region, endpoint, maxAttempts: 1 });
  context.after(() => client.destroy());
  assert.equal(await codeOf(client.send(new DescribeVolumesCommand({}))), 'ok');
  const denied = client.send(new DeleteVolumeCommand({ VolumeId: 'vol-0123456789abcdef0' }));
  await assert.rejects(denied, /assumed-role\/plugin\/i-.* is not authorized to perform: ec2:DeleteVolume/);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  CreateVolumeCommand,
  type CreateVolumeCommandInput,
  DescribeVolumesCommand,
  EC2Client,
  EC2ServiceException,
} from '@aws-sdk/client-ec2';
import { codeOf, useEc2 } from './use-ec2.ts';

const INPUT: CreateVolumeCommandInput = { AvailabilityZone: 'eu-central-1a', Size: 1 };

test('a user may do what is allowed, and is told what is not', async (context) => {
  const { access, clientFor } = await useEc2(context);
  const client = clientFor(access.addUser('reader', ['DescribeVolumes', 'CreateVolume']));
  assert.equal(await codeOf(client.send(new DescribeVolumesCommand({}))), 'ok');
  assert.equal(await codeOf(client.send(new CreateVolumeCommand(INPUT))), 'ok');
  const TagSpecifications = [{ ResourceType: 'volume' as const, Tags: [{ Key: 'a', Value: 'b' }] }];
  await assert.rejects(client.send(new CreateVolumeCommand({ ...INPUT, TagSpecifications })), (error) => {
    assert.ok(error instanceof EC2ServiceException);
    assert.equal(error.name, 'UnauthorizedOperation');
    assert.equal(error.$metadata.httpStatusCode, 403);
    assert.match(
      error.message,
      /user\/reader is not authorized to perform: ec2:CreateTags on resource: arn:aws:ec2/,
    );
    assert.match(error.message, /Encoded authorization failure message: \S+$/);
    return true;
  });
});

test('wrong keys, regions and clocks are refused', async (context) => {
  const { access, clientFor, endpoint } = await useEc2(context);
  const user = access.addUser('user');
  const ask = async (client: EC2Client): Promise<string> =>
    await codeOf(client.send(new DescribeVolumesCommand({})));
  assert.equal(await ask(clientFor({ ...user, secretAccessKey: 'guessed' })), 'AuthFailure');
  assert.equal(await ask(clientFor({ ...user, accessKeyId: 'AKIAGUESSED' })), 'AuthFailure');
  const astray = new EC2Client({ region: 'us-east-1', endpoint, credentials: user, maxAttempts: 1 });
  assert.equal(await ask(astray), 'AuthFailure');
  astray.destroy();
  assert.equal(await ask(clientFor(user)), 'ok');
  access.skewMs = 3_600_000;
  assert.equal(await ask(clientFor(user)), 'RequestExpired');
  access.skewMs = 0;
  access.revoke(user.accessKeyId);
  assert.equal(await ask(clientFor(user)), 'AuthFailure');
  const unsigned = await fetch(endpoint, {
    method: 'POST',
    body: 'Action=DescribeVolumes&Version=2016-11-15',
  });
  assert.match(await unsigned.text(), /<Code>MissingAuthenticationToken<\/Code>/);
});

test('the session of a role ends', async (context) => {
  const { access, clientFor } = await useEc2(context);
  const client = clientFor(access.addSession('plugin', 'i-1', 300));
  assert.equal(await codeOf(client.send(new DescribeVolumesCommand({}))), 'ok');
  await new Promise((resolve) => setTimeout(resolve, 350));
  assert.equal(await codeOf(client.send(new DescribeVolumesCommand({}))), 'RequestExpired');
});

/** Changes what goes over the wire, after the SDK has written it and before it signs it. */
function tamper(client: EC2Client, change: (body: string) => string): void {
  client.middlewareStack.add(
    (next) => async (args) => {
      const request = args.request as { body: string; headers: Record<string, string> };
      request.body = change(request.body);
      request.headers['content-length'] = String(Buffer.byteLength(request.body));
      return await next(args);
    },
    { step: 'build', priority: 'low' },
  );
}

test('what the definition of the API does not know is refused', async (context) => {
  const { access, clientFor, control } = await useEc2(context);
  const ask = async (change: (body: string) => string): Promise<string> => {
    const client = clientFor(access.addUser('user'));
    tamper(client, change);
    return await codeOf(client.send(new CreateVolumeCommand(INPUT)));
  };
  assert.equal(await ask((body) => `${body}&Colour=red`), 'UnknownParameter');
  assert.equal(await ask((body) => `${body}&TagSpecification.1.Tags.1.Key=a`), 'UnknownParameter');
  assert.equal(await ask((body) => body.replace('Size=1', 'Size=large')), 'InvalidParameterValue');
  assert.equal(await ask((body) => `${body}&Encrypted=yes`), 'InvalidParameterValue');
  assert.equal(await ask((body) => body.replace(/AvailabilityZone=[^&]*&?/, '')), 'MissingParameter');
  assert.equal(await ask((body) => body.replace('CreateVolume', 'MakeVolume')), 'InvalidAction');
  assert.equal(await ask((body) => body.replace('2016-11-15', '2006-06-26')), 'InvalidAction');
  assert.equal(control.volumes().length, 0);
});

test('throttled and broken calls are tried again by the SDK, and leave one volume', async (context) => {
  const { access, calls, clientFor, control, faults } = await useEc2(context);
  const user = access.addUser('user');
  const client = clientFor(user, 5);
  faults.add({ operations: ['CreateVolume'], times: 1, fault: { kind: 'throttle' } });
  faults.add({ operations: ['CreateVolume'], times: 1, fault: { kind: 'server-error' } });
  faults.add({ operations: ['CreateVolume'], times: 1, fault: { kind: 'drop-after' } });
  // The SDK makes up one token for all attempts of a call.
  await client.send(new CreateVolumeCommand(INPUT));
  assert.equal(control.volumes().length, 1);
  const outcomes = calls.list({ caller: user.accessKeyId }).map(({ outcome }) => outcome);
  assert.deepEqual(outcomes, ['RequestLimitExceeded', 'InternalError', 'drop-after', 'ok']);
});

test('faults look as they do on AWS', async (context) => {
  const { client, control, faults } = await useEc2(context);
  const ask = async (): Promise<unknown> =>
    await client.send(new CreateVolumeCommand(INPUT)).then(
      () => 'ok',
      (error: unknown) => (error instanceof EC2ServiceException ? error.$metadata.httpStatusCode : 'broken'),
    );
  const once = { times: 1 };
  faults.add({ ...once, fault: { kind: 'throttle' } });
  assert.equal(await ask(), 503);
  faults.add({ ...once, fault: { kind: 'server-error' } });
  assert.equal(await ask(), 500);
  faults.add({ ...once, fault: { kind: 'error', status: 400, code: 'VolumeLimitExceeded' } });
  assert.equal(await ask(), 400);
  faults.setOutage(true);
  assert.equal(await ask(), 'broken');
  assert.equal(control.volumes().length, 0);
  faults.clear();
  const before = Date.now();
  faults.add({ ...once, fault: { kind: 'delay', milliseconds: 200 } });
  assert.equal(await ask(), 'ok');
  assert.ok(Date.now() - before >= 190);
});

test('the log knows how many things a call asked for', async (context) => {
  const { client, calls } = await useEc2(context);
  const first = await client.send(new CreateVolumeCommand(INPUT));
  const second = await client.send(new CreateVolumeCommand(INPUT));
  calls.clear();
  const VolumeIds = [String(first.VolumeId), String(second.VolumeId)];
  await client.send(new DescribeVolumesCommand({ VolumeIds }));
  assert.deepEqual(
    calls.list().map(({ operation, ids }) => [operation, ids]),
    [['DescribeVolumes', 2]],
  );
});

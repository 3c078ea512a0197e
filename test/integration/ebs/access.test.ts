import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, request as sendRequest } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { ebs } from '../../../drivers/volume/ebs/index.ts';
import type { VolumeDriver } from '../../../plugin/core/ports/volume-driver.ts';
import { createHost, systemClock } from '../../../plugin/host/index.ts';
import { closeServer, listenOnLoopback } from '../../cloud/shared/faulty-server.ts';
import { startRegion, type Ec2Region } from '../../cloud/ec2/instance.ts';
import type { MetadataSettings } from '../../cloud/ec2/imds.ts';
import { driverSettings } from '../../support/driver-settings.ts';
import { RecordingLog } from '../../support/recording-log.ts';

interface Bench {
  readonly region: Ec2Region;
  /** The driver on a new instance, with further settings. */
  driver(
    environment?: Readonly<Record<string, string>>,
    metadata?: MetadataSettings,
  ): Promise<VolumeDriver<unknown>>;
}

async function useBench(context: TestContext): Promise<Bench> {
  const root = await mkdtemp(join(tmpdir(), 'stowage-access-'));
  const region = await startRegion(root);
  const drivers: VolumeDriver<unknown>[] = [];
  const before = { ...process.env };
  context.after(async () => {
    for (const driver of drivers) await driver.close();
    process.env = before;
    await region.close();
    await rm(root, { recursive: true });
  });
  return {
    region,
    async driver(environment = {}, metadata = {}) {
      const instance = await region.launch(undefined, metadata);
      const log = new RecordingLog();
      const host = createHost({ hostProc: '/proc', runDirectory: join(root, 'run'), log });
      // What the SDK reads for itself it reads from the process, as in the plugin.
      Object.assign(process.env, instance.environment);
      const own = { ...instance.environment, ...environment };
      const settings = driverSettings(join(root, 'data'), { environment: own });
      const driver = ebs.create({ host, log, clock: systemClock, settings });
      drivers.push(driver);
      return driver;
    },
  };
}

describe('the way to EC2', () => {
  it('goes by the role of the instance when no key is set, and by the key when one is', async (context) => {
    const { region, driver } = await useBench(context);
    assert.deepEqual(await (await driver()).discover(), []);
    const { accessKeyId, secretAccessKey } = region.access.addUser('keyed');
    const keys = { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey };
    assert.deepEqual(await (await driver(keys)).discover(), []);
    assert.deepEqual(
      region.calls.list({ operation: 'DescribeVolumes' }).map(({ caller }) => caller === accessKeyId),
      [false, true],
    );
  });

  it('says what is wrong with the credentials', async (context) => {
    const { driver } = await useBench(context);
    const wrong = { AWS_ACCESS_KEY_ID: 'AKIANOBODY', AWS_SECRET_ACCESS_KEY: 'wrong' };
    await assert.rejects((await driver(wrong)).discover(), { code: 'E_PERMISSION_DENIED' });
  });

  it('says that the metadata service does not answer, and how to let it', async (context) => {
    const { driver } = await useBench(context);
    const deaf = await driver({}, { hopLimit: 1, hops: 2 });
    await assert.rejects(deaf.discover(), {
      code: 'E_CLOUD_UNAVAILABLE',
      remedy: /http-put-response-hop-limit 2/,
    });
  });

  it('goes through a proxy where one is set, and not to the metadata service', async (context) => {
    const { region, driver } = await useBench(context);
    const asked: string[] = [];
    const proxy = createServer((request, response) => {
      asked.push(String(request.url));
      const onward = sendRequest(
        String(request.url),
        { method: String(request.method), headers: request.headers },
        (answer) => {
          response.writeHead(answer.statusCode ?? 502, answer.headers);
          answer.pipe(response);
        },
      );
      request.pipe(onward);
    });
    const port = await listenOnLoopback(proxy);
    context.after(async () => await closeServer(proxy));
    const proxied = await driver({ HTTP_PROXY: `http://127.0.0.1:${String(port)}` });
    assert.deepEqual(await proxied.discover(), []);
    assert.deepEqual(new Set(asked), new Set([`${region.endpoint}/`]));
    const direct = await driver({
      HTTP_PROXY: `http://127.0.0.1:${String(port)}`,
      NO_PROXY: '127.0.0.1',
    });
    asked.splice(0);
    assert.deepEqual(await direct.discover(), []);
    assert.deepEqual(asked, []);
  });
});

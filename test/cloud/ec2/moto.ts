import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { DescribeImagesCommand, EC2Client, RunInstancesCommand } from '@aws-sdk/client-ec2';
import { cloudDefinitionsRoot } from '../../../scripts/lib/cloud-definitions.ts';

/** A moto server that runs. */
export interface Moto {
  readonly client: EC2Client;
  /** `http://127.0.0.1:…` */
  readonly endpoint: string;
  /** A new instance that runs. */
  addInstance(zone: string): Promise<string>;
  close(): Promise<void>;
}

const START_MS = 60_000;

/**
 * Starts moto, an independent stand-in for AWS, in a root directory of its own. A process and no container: an image
 * would hold the same files, and would need an engine on machines that only want to run these tests.
 */
export async function startMoto(region: string): Promise<Moto> {
  const program = ['/usr/bin/python3', '/usr/bin/moto_server', '-H', '127.0.0.1', '-p', '0'];
  const child = spawn('chroot', [await cloudDefinitionsRoot(), ...program], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const ended = once(child, 'exit');
  const lines = createInterface(child.stderr);
  const late = setTimeout(() => child.kill('SIGKILL'), START_MS);
  let endpoint = '';
  for await (const line of lines) {
    endpoint = /Running on (http:\S+)/.exec(line)?.[1] ?? '';
    if (endpoint !== '') break;
  }
  clearTimeout(late);
  if (endpoint === '') throw new Error('moto did not start');
  // Nobody reads its lines any more, and a full pipe would stop it.
  child.stderr.resume();
  const credentials = { accessKeyId: 'any', secretAccessKey: 'any' };
  const client = new EC2Client({ region, endpoint, credentials, maxAttempts: 1 });
  return {
    client,
    endpoint,
    addInstance: async (zone) => await runInstance(client, zone),
    close: async () => {
      client.destroy();
      child.kill('SIGKILL');
      await ended;
    },
  };
}

async function runInstance(client: EC2Client, zone: string): Promise<string> {
  const { Images: [image] = [] } = await client.send(new DescribeImagesCommand({ Owners: ['amazon'] }));
  const { Instances: [instance] = [] } = await client.send(
    new RunInstancesCommand({
      ImageId: String(image?.ImageId),
      InstanceType: 'm5.large',
      MinCount: 1,
      MaxCount: 1,
      Placement: { AvailabilityZone: zone },
    }),
  );
  return String(instance?.InstanceId);
}

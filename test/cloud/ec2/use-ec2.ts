import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { DescribeVolumesCommand, EC2Client, type Volume } from '@aws-sdk/client-ec2';
import { eventually } from '../../support/eventually.ts';
import { type Ec2Settings, type Ec2StandIn, startEc2 } from './stand-in.ts';

/** A stand-in and a client of it that may do everything. */
export interface Ec2InUse extends Ec2StandIn {
  readonly client: EC2Client;
  /** Another client: with less rights, or with its own way of trying again. */
  clientFor(keys: { accessKeyId: string; secretAccessKey: string }, attempts?: number): EC2Client;
}

/** Starts a stand-in for one test; when the test ends it must have been sound. */
export async function useEc2(context: TestContext, settings: Ec2Settings = {}): Promise<Ec2InUse> {
  const standIn = await startEc2(settings);
  const clients: EC2Client[] = [];
  const clientFor: Ec2InUse['clientFor'] = (credentials, maxAttempts = 1) => {
    const { region, endpoint } = standIn;
    const client = new EC2Client({ region, endpoint, credentials, maxAttempts });
    clients.push(client);
    return client;
  };
  context.after(async () => {
    for (const client of clients) client.destroy();
    await standIn.close();
    standIn.control.assertSound();
  });
  return { ...standIn, clientFor, client: clientFor(standIn.access.addUser('tester')) };
}

/** The code that a call is refused with; `ok` when it is not. */
export async function codeOf(call: Promise<unknown>): Promise<string> {
  try {
    await call;
    return 'ok';
  } catch (error) {
    return (error as Error).name;
  }
}

/** A volume as it is described now. */
export async function describeVolume(client: EC2Client, id: string | undefined): Promise<Volume> {
  const { Volumes: [volume] = [] } = await client.send(
    new DescribeVolumesCommand({ VolumeIds: [String(id)] }),
  );
  assert.ok(volume);
  return volume;
}

/** Waits until a volume has this state and, where it is said, its attachment that one. */
export async function untilVolume(
  client: EC2Client,
  id: string | undefined,
  state: string,
  attachment?: string,
): Promise<Volume> {
  return await eventually(async () => {
    const volume = await describeVolume(client, id);
    assert.equal(volume.State, state);
    if (attachment !== undefined) assert.equal(volume.Attachments?.[0]?.State, attachment);
    return volume;
  });
}

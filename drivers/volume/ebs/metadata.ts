import * as z from 'zod';
import { StowageError } from '../../../plugin/core/errors.ts';

/** The address that every instance has it at. */
const DEFAULT_ENDPOINT = 'http://169.254.169.254';
/** The service is on the machine itself. An answer that has too many hops to go never comes. */
const TIMEOUT_MS = 2_000;
const TOKEN_SECONDS = 300;

const documentSchema = z.object({
  instanceId: z.string(),
  instanceType: z.string(),
  availabilityZone: z.string(),
  region: z.string(),
});

/** What an instance is told about itself. */
export type InstanceIdentity = Readonly<z.output<typeof documentSchema>>;

/** Asks the metadata service of this instance, version 2. E_CLOUD_UNAVAILABLE when it does not answer. */
export async function readIdentity(endpoint: string = DEFAULT_ENDPOINT): Promise<InstanceIdentity> {
  try {
    const token = await ask(`${endpoint}/latest/api/token`, {
      method: 'PUT',
      headers: { 'x-aws-ec2-metadata-token-ttl-seconds': String(TOKEN_SECONDS) },
    });
    const text = await ask(`${endpoint}/latest/dynamic/instance-identity/document`, {
      headers: { 'x-aws-ec2-metadata-token': token },
    });
    return documentSchema.parse(JSON.parse(text));
  } catch (cause) {
    throw new StowageError('E_CLOUD_UNAVAILABLE', 'the metadata service of this instance does not answer', {
      remedy:
        'EBS volumes need an EC2 instance whose metadata service is enabled (version 2) and answers containers: `aws ec2 modify-instance-metadata-options --http-put-response-hop-limit 2`.',
      cause,
    });
  }
}

async function ask(url: string, request: RequestInit): Promise<string> {
  const response = await fetch(url, { ...request, signal: AbortSignal.timeout(TIMEOUT_MS) });
  const text = await response.text();
  if (!response.ok) throw new Error(`${url} answered ${String(response.status)}`);
  return text;
}

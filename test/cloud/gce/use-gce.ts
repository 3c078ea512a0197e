import type { TestContext } from 'node:test';
import {
  DisksClient,
  InstancesClient,
  SnapshotsClient,
  ZoneOperationsClient,
  GlobalOperationsClient,
} from '@google-cloud/compute';
import { GoogleAuth, OAuth2Client } from 'google-auth-library';
import { FULL_SCOPES } from './access.ts';
import { type GceSettings, type GceStandIn, startGce } from './stand-in.ts';

/** Google's own clients, as one identity. */
export interface GceClients {
  readonly disks: DisksClient;
  readonly instances: InstancesClient;
  readonly snapshots: SnapshotsClient;
  readonly zoneOperations: ZoneOperationsClient;
  readonly globalOperations: GlobalOperationsClient;
}

/** A stand-in and clients of it that may do everything. */
export interface GceInUse extends GceStandIn, GceClients {
  readonly zone: string;
  /** Clients with fewer permissions. */
  clientsFor(caller: string, allowed?: readonly string[]): GceClients;
  /** The error of an operation when it has ended; `undefined` when there is none. */
  ended(begun: Promise<unknown>): Promise<string | undefined>;
}

interface Begun {
  readonly latestResponse: { readonly name?: string | null; readonly zone?: string | null };
}

/** Starts a stand-in for one test; when the test ends it must have been sound. */
export async function useGce(context: TestContext, settings: GceSettings = {}): Promise<GceInUse> {
  const standIn = await startGce(settings);
  const all: GceClients[] = [];
  const clientsFor = (caller: string, allowed?: readonly string[]): GceClients => {
    const who = { caller, email: `${caller}@test`, scopes: FULL_SCOPES, allowed, lifetimeMs: 3_600_000 };
    const clients = connect(standIn, standIn.access.issue(who));
    all.push(clients);
    return clients;
  };
  context.after(async () => {
    await Promise.all(
      all.flatMap((clients) => Object.values(clients).map(async (one: DisksClient) => await one.close())),
    );
    await standIn.close();
    standIn.control.assertSound();
  });
  const clients = clientsFor('tester');
  const ended = async (begun: Promise<unknown>): Promise<string | undefined> =>
    await outcomeOf(standIn, clients, (await begun) as readonly [Begun]);
  return { ...standIn, ...clients, zone: standIn.zones[0] ?? '', clientsFor, ended };
}

/** Clients that call with a token. */
export function connect({ host, port }: Pick<GceStandIn, 'host' | 'port'>, token: string): GceClients {
  const authClient = new OAuth2Client();
  authClient.setCredentials({ access_token: token });
  // A copy for each: the constructors change what they are given.
  const options = () => ({
    apiEndpoint: host,
    port,
    protocol: 'http',
    fallback: true as const,
    auth: new GoogleAuth({ authClient }),
  });
  return {
    disks: new DisksClient(options()),
    instances: new InstancesClient(options()),
    snapshots: new SnapshotsClient(options()),
    zoneOperations: new ZoneOperationsClient(options()),
    globalOperations: new GlobalOperationsClient(options()),
  };
}

/** The error of an operation when it has ended; `undefined` when there is none. */
export async function outcomeOf(
  { project }: Pick<GceStandIn, 'project'>,
  { zoneOperations, globalOperations }: GceClients,
  [{ latestResponse }]: readonly [Begun, ...unknown[]],
): Promise<string | undefined> {
  const operation = latestResponse.name ?? '';
  const zone = latestResponse.zone?.split('/').at(-1);
  for (;;) {
    const [found] =
      zone === undefined
        ? await globalOperations.wait({ project, operation })
        : await zoneOperations.wait({ project, zone, operation });
    if (found.status === 'DONE') return found.error?.errors?.[0]?.code ?? undefined;
  }
}

/** What gRPC calls the status that a call is refused with; `ok` when it is not. The SDK keeps no HTTP status. */
export async function refusalOf(call: Promise<unknown>): Promise<string> {
  try {
    await call;
    return 'ok';
  } catch (error) {
    return `${String((error as { code?: unknown }).code)} ${(error as Error).message}`;
  }
}

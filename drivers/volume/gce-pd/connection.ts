import type * as Sdk from '@google-cloud/compute';
import type { Clock } from '../../../plugin/core/ports/host.ts';
import type { AccessToken } from './metadata.ts';
import { TokenKeeper } from './token-keeper.ts';

const SCOPES = ['https://www.googleapis.com/auth/compute'];
/** When a token ends is our business. */
const NEVER_BY_SDK = Number.MAX_SAFE_INTEGER;

/** How the API is reached. */
export interface GceAccess {
  readonly project: string;
  readonly endpoint?: URL;
  /** Undefined: the service account of the machine. */
  readonly keyFile?: string;
  /** A token of that service account. */
  token(): Promise<AccessToken>;
}

interface Service {
  initialize(): Promise<unknown>;
  close(): Promise<void>;
}

/** The SDK's clients of one project. */
export interface Clients {
  readonly project: string;
  /** Before every call. */
  authorize(): Promise<void>;
  readonly disks: Sdk.DisksClient;
  readonly instances: Sdk.InstancesClient;
  readonly snapshots: Sdk.SnapshotsClient;
  readonly zoneOperations: Sdk.ZoneOperationsClient;
  readonly globalOperations: Sdk.GlobalOperationsClient;
}

/** Loads the SDK and makes its clients. Throws what the SDK throws. */
export async function openClients(access: GceAccess, clock: Clock): Promise<Clients> {
  const [sdk, { GoogleAuth, OAuth2Client }] = await Promise.all([
    import('@google-cloud/compute'),
    import('google-auth-library'),
  ]);
  const { project, keyFile, endpoint } = access;
  // The service account of the machine we ask for ourselves: the SDK would first find out whether there is a metadata
  // server, and never forget that there was none.
  const passing = new OAuth2Client();
  const auth = new GoogleAuth(
    // oxlint-disable-next-line typescript/no-deprecated -- for fear of files from strangers; this is the operator's
    keyFile === undefined ? { authClient: passing } : { keyFilename: keyFile, scopes: SCOPES },
  );
  // A new one for each: the constructors change what they are given.
  const options = () => ({ auth, fallback: true as const, ...(endpoint && addressOf(endpoint)) });
  const clients = {
    project,
    disks: new sdk.DisksClient(options()),
    instances: new sdk.InstancesClient(options()),
    snapshots: new sdk.SnapshotsClient(options()),
    zoneOperations: new sdk.ZoneOperationsClient(options()),
    globalOperations: new sdk.GlobalOperationsClient(options()),
  };
  // Here, not in the first call: what goes wrong there ends the process, since the SDK throws it to nobody.
  await Promise.all(all(clients).map(async (client) => await client.initialize()));
  const tokens = new TokenKeeper(clock, async () => await access.token());
  return {
    ...clients,
    async authorize() {
      if (keyFile !== undefined) return;
      passing.setCredentials({ access_token: await tokens.fresh(), expiry_date: NEVER_BY_SDK });
    },
  };
}

/** Gives back what the clients hold. */
export async function closeClients(clients: Clients): Promise<void> {
  await Promise.all(all(clients).map(async (client) => await client.close()));
}

function addressOf({ protocol, hostname, port }: URL): {
  apiEndpoint: string;
  protocol: string;
  port: number;
} {
  const usual = protocol === 'http:' ? 80 : 443;
  return {
    apiEndpoint: hostname,
    protocol: protocol.slice(0, -1),
    port: port === '' ? usual : Number(port),
  };
}

function all({
  disks,
  instances,
  snapshots,
  zoneOperations,
  globalOperations,
}: Omit<Clients, 'authorize'>): Service[] {
  return [disks, instances, snapshots, zoneOperations, globalOperations];
}

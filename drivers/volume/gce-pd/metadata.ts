import * as z from 'zod';
import { StowageError } from '../../../plugin/core/errors.ts';
import { lastOf } from './names.ts';

/** The address that every machine has it at; its name would need a resolver that containers may not have. */
const DEFAULT_HOST = '169.254.169.254';
/** The server is on the machine itself. */
const TIMEOUT_MS = 2_000;
const NOT_FOUND = 404;

const tokenSchema = z.object({ access_token: z.string(), expires_in: z.number() });

/** What a machine is told about itself. */
export interface MachineIdentity {
  readonly project: string;
  readonly zone: string;
  readonly name: string;
}

/** A passing key to the API. */
export interface AccessToken {
  readonly token: string;
  /** In milliseconds from now. */
  readonly lifetimeMs: number;
}

/** Asks the metadata server of this machine who it is. E_CLOUD_UNAVAILABLE when it does not answer. */
export async function readIdentity(host: string = DEFAULT_HOST): Promise<MachineIdentity> {
  const [project, zone, name] = await Promise.all([
    ask(host, 'project/project-id'),
    ask(host, 'instance/zone'),
    ask(host, 'instance/name'),
  ]);
  return { project: known(project), zone: lastOf(known(zone)), name: known(name) };
}

/** A token of the machine's service account. E_PERMISSION_DENIED when it has none. */
export async function readToken(host: string = DEFAULT_HOST): Promise<AccessToken> {
  const text = await ask(host, 'instance/service-accounts/default/token');
  if (text === undefined)
    throw new StowageError('E_PERMISSION_DENIED', 'this machine has no service account', {
      remedy:
        'Give the machine a service account with the role in the README of the backend, or set GOOGLE_APPLICATION_CREDENTIALS.',
    });
  try {
    const { access_token: token, expires_in: seconds } = tokenSchema.parse(JSON.parse(text));
    return { token, lifetimeMs: seconds * 1_000 };
  } catch (cause) {
    throw silent(cause);
  }
}

/** Undefined when there is no such thing on this machine. */
async function ask(host: string, path: string): Promise<string | undefined> {
  try {
    const response = await fetch(`http://${host}/computeMetadata/v1/${path}`, {
      headers: { 'Metadata-Flavor': 'Google' },
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    const text = await response.text();
    if (response.status === NOT_FOUND) return undefined;
    if (!response.ok) throw new Error(`${path} answered ${String(response.status)}`);
    return text.trim();
  } catch (cause) {
    throw silent(cause);
  }
}

function known(text: string | undefined): string {
  if (text === undefined || text === '') throw silent(undefined);
  return text;
}

function silent(cause: unknown): StowageError {
  return new StowageError('E_CLOUD_UNAVAILABLE', 'the metadata server of this machine does not answer', {
    remedy: 'GCE disks need a machine of Compute Engine whose metadata server the plugin can reach.',
    cause,
  });
}

import { randomBytes } from 'node:crypto';
import { GceError } from './error.ts';

/** Somebody who may call: a service account, by one of its tokens. */
export interface Principal {
  /** For the call log: the machine's name, or what the test called it. */
  readonly caller: string;
  readonly email: string;
  readonly scopes: readonly string[];
  /** Permissions such as `compute.disks.create`; undefined: all of them. */
  readonly allowed: ReadonlySet<string> | undefined;
  /** In milliseconds since 1970. */
  readonly expiresAt: number;
}

/** Whom a token is for. */
export interface TokenRequest extends Pick<Principal, 'caller' | 'email' | 'scopes'> {
  readonly allowed?: readonly string[] | undefined;
  readonly lifetimeMs: number;
}

const AUTH = 'https://www.googleapis.com/auth/';
const WRITING_SCOPES = [`${AUTH}cloud-platform`, `${AUTH}compute`];
/** What a machine may do that somebody gave everything. */
export const FULL_SCOPES: readonly string[] = [`${AUTH}cloud-platform`];

/** Who may do what. Time is the true one: the SDK reckons with it. */
export class Access {
  readonly #tokens = new Map<string, Principal>();

  /** A new token. */
  issue({ lifetimeMs, allowed, ...who }: TokenRequest): string {
    const token = `ya29.${randomBytes(48).toString('base64url')}`;
    const limits = allowed === undefined ? undefined : new Set(allowed);
    this.#tokens.set(token, { ...who, allowed: limits, expiresAt: Date.now() + lifetimeMs });
    return token;
  }

  /** From now on no token is good; new ones are. */
  revokeAll(): void {
    this.#tokens.clear();
  }

  /** Whose token this is, whether it is still good or not. */
  claimant(authorization: string | undefined): Principal | undefined {
    const [, token] = /^Bearer (.+)$/.exec(authorization ?? '') ?? [];
    return this.#tokens.get(token ?? '');
  }

  /** @throws GceError 401 for a token that is unknown or too old */
  authenticate(authorization: string | undefined): Principal {
    const principal = this.claimant(authorization);
    if (principal !== undefined && Date.now() < principal.expiresAt) return principal;
    const words =
      'Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or other valid authentication credential.';
    throw new GceError(401, 'authError', words);
  }
}

/** @throws GceError when the token's scopes do not reach this far */
export function requireScope({ scopes }: Principal, reading: boolean): void {
  const enough = reading ? [...WRITING_SCOPES, `${AUTH}compute.readonly`] : WRITING_SCOPES;
  if (scopes.some((scope) => enough.includes(scope))) return;
  throw new GceError(403, 'insufficientPermissions', 'Request had insufficient authentication scopes.');
}

/** @throws GceError that names the permission */
export function requirePermission({ allowed }: Principal, permission: string, resource: string): void {
  if (allowed === undefined || allowed.has(permission)) return;
  throw new GceError(403, 'forbidden', `Required '${permission}' permission for '${resource}'`);
}

import { randomBytes } from 'node:crypto';
import { Ec2Error, refusal } from './error.ts';
import { badSignature, readClaim, type SignedRequest, verify } from './signature.ts';

/** Somebody who may call: a user with a fixed key, or a machine with its role's passing one. */
export interface Principal {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
  /** In milliseconds since 1970. */
  readonly expiresAt?: number;
  readonly arn: string;
  /** Actions such as `CreateVolume`; undefined: all of them. */
  allowed?: ReadonlySet<string>;
}

/** Who may do what. */
export class Access {
  readonly #region: string;
  readonly #account: string;
  readonly #principals = new Map<string, Principal>();
  /** Added to the true time: what the cloud's clock differs from the machine's by. */
  skewMs = 0;

  constructor(region: string, account: string) {
    this.#region = region;
    this.#account = account;
  }

  /** A user who may do everything, or only what is listed. */
  addUser(name: string, allowed?: readonly string[]): Principal {
    return this.#add(`arn:aws:iam::${this.#account}:user/${name}`, 'AKIA', allowed, {});
  }

  /** New credentials of a role for a machine. */
  addSession(role: string, machine: string, lifetimeMs: number, allowed?: readonly string[]): Principal {
    const arn = `arn:aws:sts::${this.#account}:assumed-role/${role}/${machine}`;
    const session = { sessionToken: randomBytes(48).toString('base64'), expiresAt: Date.now() + lifetimeMs };
    return this.#add(arn, 'ASIA', allowed, session);
  }

  /** From now on this key is nobody's. */
  revoke(accessKeyId: string): void {
    this.#principals.delete(accessKeyId);
  }

  /** Who sent this. */
  authenticate(request: SignedRequest): Principal {
    const claim = readClaim(request);
    const principal = this.#principals.get(claim.accessKeyId);
    if (principal === undefined) throw badSignature();
    // The true time, not the stand-in's: the SDK signs with it.
    const now = Date.now() + this.skewMs;
    verify(request, claim, principal.secretAccessKey, this.#region, now);
    if (request.headers['x-amz-security-token'] !== principal.sessionToken) throw badSignature();
    if (now > (principal.expiresAt ?? Infinity)) throw refusal('RequestExpired', 'Request has expired.');
    return principal;
  }

  /** Refuses what the principal may not do. */
  authorize(principal: Principal, action: string): void {
    if (principal.allowed === undefined || principal.allowed.has(action)) return;
    const { arn } = principal;
    const why = `no identity-based policy allows the ec2:${action} action`;
    const reading = action.startsWith('Describe');
    // Only calls that change something name the resource and carry the encoded reason.
    const resource = reading ? '' : ` on resource: arn:aws:ec2:${this.#region}:${this.#account}:volume/*`;
    const encoded = reading
      ? ''
      : `. Encoded authorization failure message: ${randomBytes(60).toString('base64url')}`;
    const message = `You are not authorized to perform this operation. User: ${arn} is not authorized to perform: ec2:${action}${resource} because ${why}${encoded}`;
    throw new Ec2Error(403, 'UnauthorizedOperation', message);
  }

  #add(
    arn: string,
    prefix: string,
    allowed: readonly string[] | undefined,
    session: Partial<Principal>,
  ): Principal {
    const accessKeyId = prefix + randomBytes(8).toString('hex').toUpperCase();
    const secretAccessKey = randomBytes(30).toString('base64');
    const limits = allowed === undefined ? {} : { allowed: new Set(allowed) };
    const principal = { accessKeyId, secretAccessKey, arn, ...limits, ...session };
    this.#principals.set(accessKeyId, principal);
    return principal;
  }
}

import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { Ec2Error, refusal } from './error.ts';

/** A signed request as it came. */
export interface SignedRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly body: string;
}

/** What the Authorization header claims. */
export interface Claim {
  readonly accessKeyId: string;
  readonly date: string;
  readonly region: string;
  readonly service: string;
  readonly signedHeaders: readonly string[];
  readonly signature: string;
}

const ALLOWED_SKEW_MS = 5 * 60_000;
const AUTHORIZATION =
  /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([^/]+)\/([^/]+)\/aws4_request, ?SignedHeaders=([^,]+), ?Signature=([0-9a-f]{64})$/;

/** Who says to have signed this, and for which service. */
export function readClaim(request: SignedRequest): Claim {
  const header = request.headers['authorization'];
  if (typeof header !== 'string') {
    throw new Ec2Error(403, 'MissingAuthenticationToken', 'Request is missing Authentication Token');
  }
  const [, accessKeyId, date, region, service, signed, signature] = AUTHORIZATION.exec(header) ?? [];
  if (accessKeyId === undefined || date === undefined || region === undefined || service === undefined)
    throw badSignature();
  if (signed === undefined || signature === undefined) throw badSignature();
  return { accessKeyId, date, region, service, signedHeaders: signed.split(';'), signature };
}

/**
 * Proves a claim (Signature Version 4): right secret, region and service, and signed just now.
 *
 * @throws Ec2Error AuthFailure, RequestExpired
 */
export function verify(
  request: SignedRequest,
  claim: Claim,
  secret: string,
  region: string,
  now: number,
): void {
  if (claim.region !== region || claim.service !== 'ec2') throw badSignature();
  const stamp = headerOf(request, 'x-amz-date');
  const signedAt = Date.parse(
    stamp.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z'),
  );
  if (Number.isNaN(signedAt) || !stamp.startsWith(claim.date)) throw badSignature();
  if (Math.abs(now - signedAt) > ALLOWED_SKEW_MS) throw refusal('RequestExpired', 'Request has expired.');
  for (const needed of ['host', 'x-amz-date'])
    if (!claim.signedHeaders.includes(needed)) throw badSignature();
  const scope = [claim.date, claim.region, claim.service, 'aws4_request'];
  const toSign = ['AWS4-HMAC-SHA256', stamp, scope.join('/'), hash(canonical(request, claim))].join('\n');
  const key = scope.reduce<Buffer | string>((last, part) => hmac(last, part), `AWS4${secret}`);
  const right = hmac(key, toSign);
  if (!timingSafeEqual(right, Buffer.from(claim.signature, 'hex'))) throw badSignature();
}

function canonical(request: SignedRequest, claim: Claim): string {
  const headers = claim.signedHeaders.map(
    (name) => `${name}:${headerOf(request, name).trim().replace(/ +/g, ' ')}\n`,
  );
  const list = claim.signedHeaders.join(';');
  return [request.method, request.path, '', headers.join(''), list, hash(request.body)].join('\n');
}

function headerOf(request: SignedRequest, name: string): string {
  const value = request.headers[name];
  if (typeof value !== 'string') throw badSignature();
  return value;
}

function hash(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function hmac(key: Buffer | string, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}

/** EC2 does not say what was wrong. */
export function badSignature(): Ec2Error {
  return new Ec2Error(401, 'AuthFailure', 'AWS was not able to validate the provided access credentials');
}

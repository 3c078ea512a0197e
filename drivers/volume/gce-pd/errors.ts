import * as z from 'zod';
import type { ErrorCode } from '../../../plugin/core/errors.ts';
import { clip, StowageError } from '../../../plugin/core/errors.ts';

/**
 * GCE's reasons in our codes, folded: a call is refused with `quotaExceeded`, and an operation fails with
 * `QUOTA_EXCEEDED`. What is missing here is E_CLOUD_FAILED.
 */
const CODES: Readonly<Record<string, ErrorCode>> = {
  alreadyexists: 'E_VOLUME_EXISTS',
  resourcealreadyexists: 'E_VOLUME_EXISTS',
  resourceinusebyanotherresource: 'E_VOLUME_IN_USE',
  quotaexceeded: 'E_CLOUD_LIMIT',
  limitexceeded: 'E_CLOUD_LIMIT',
  zoneresourcepoolexhausted: 'E_CLOUD_LIMIT',
  zoneresourcepoolexhaustedwithdetails: 'E_CLOUD_LIMIT',
  resourcepoolexhausted: 'E_CLOUD_LIMIT',
  ratelimitexceeded: 'E_CLOUD_UNAVAILABLE',
  userratelimitexceeded: 'E_CLOUD_UNAVAILABLE',
  concurrentoperationsquotaexceeded: 'E_CLOUD_UNAVAILABLE',
  resourceoperationrateexceeded: 'E_CLOUD_UNAVAILABLE',
  operationinprogress: 'E_CLOUD_UNAVAILABLE',
  resourcenotready: 'E_CLOUD_UNAVAILABLE',
  backenderror: 'E_CLOUD_UNAVAILABLE',
  internalerror: 'E_CLOUD_UNAVAILABLE',
  forbidden: 'E_PERMISSION_DENIED',
  permissionserror: 'E_PERMISSION_DENIED',
  insufficientpermissions: 'E_PERMISSION_DENIED',
  accessnotconfigured: 'E_PERMISSION_DENIED',
  autherror: 'E_PERMISSION_DENIED',
  required: 'E_CLOUD_FAILED',
};

/** By HTTP status, for an answer that tells no reason, e.g. a proxy's. */
const CODES_BY_STATUS: Readonly<Record<number, ErrorCode>> = {
  401: 'E_PERMISSION_DENIED',
  403: 'E_PERMISSION_DENIED',
  408: 'E_CLOUD_UNAVAILABLE',
  409: 'E_VOLUME_EXISTS',
  429: 'E_CLOUD_UNAVAILABLE',
};

/** HTTP status for gRPC's codes, which the SDK gives for the status of an answer. 409 arrives as 10, "aborted". */
const STATUS_OF_GRPC: Readonly<Record<number, number>> = {
  3: 400,
  4: 504,
  5: 404,
  6: 409,
  7: 403,
  8: 429,
  9: 412,
  10: 409,
  13: 500,
  14: 503,
  16: 401,
};
/** Below this a number is gRPC's, from here on it is HTTP's: older SDKs keep that. */
const LEAST_STATUS = 100;
const SERVER_ERRORS = 500;

/** Where google-gax keeps the answer as it came. */
const RAW = Symbol.for('google-gax.rawHttpResponsePayload');

const answerSchema = z.object({
  error: z.object({
    message: z.string().optional(),
    errors: z.array(z.object({ reason: z.string().optional() })).optional(),
  }),
});

/** What an operation says when it has failed. */
export interface OperationFault {
  readonly code: string;
  readonly message: string;
}

/** The one translation of the SDK's errors. `method` is what was called, e.g. `disks.insert`. */
export function translate(thrown: unknown, method: string): StowageError {
  if (thrown instanceof StowageError) return thrown;
  // A token that could not be had fails the call for which it was wanted.
  const cause: unknown = thrown instanceof Error ? thrown.cause : undefined;
  if (cause instanceof StowageError) return cause;
  if (isUnreadable(thrown))
    return new StowageError(
      'E_INVALID_CONFIG',
      'the file that GOOGLE_APPLICATION_CREDENTIALS names cannot be read',
      { cause: thrown },
    );
  const status = statusOf(thrown);
  const answer = answerOf(thrown);
  const words = answer?.message ?? (thrown instanceof Error ? thrown.message : String(thrown));
  return refusal(method, words, answer?.reason, status, thrown);
}

/** The same for an operation that was accepted and has failed. */
export function translateFault({ code, message }: OperationFault, method: string): StowageError {
  return refusal(method, message, code, undefined, undefined);
}

/** GCE's own reason for a translated error, such as `notFound`. */
function reasonOf(thrown: unknown): string | undefined {
  const reason = thrown instanceof StowageError ? thrown.details['reason'] : undefined;
  return typeof reason === 'string' ? reason : undefined;
}

/** Nothing has this name, or nothing any more. */
export function isAbsent(thrown: unknown): boolean {
  if (!(thrown instanceof StowageError)) return false;
  return thrown.details['status'] === 404 || /^(resource)?notfound$/.test(fold(reasonOf(thrown) ?? ''));
}

/** Somebody else has changed the labels since they were read. */
export function isOutdated(thrown: unknown): boolean {
  return (
    thrown instanceof StowageError &&
    (thrown.details['status'] === 412 || fold(reasonOf(thrown) ?? '') === 'conditionnotmet')
  );
}

/** The machine has no such disk. GCE has no reason of its own for it. */
export function isNotAttached(thrown: unknown): boolean {
  return thrown instanceof StowageError && thrown.message.includes('No attached disk found');
}

function refusal(
  method: string,
  message: string,
  reason: string | undefined,
  status: number | undefined,
  cause: unknown,
): StowageError {
  const code = codeFor(reason, status);
  const words = clip(message, 300);
  const extras = { ...(cause !== undefined && { cause }), details: { method, reason, status } };
  const known = reason ?? status;
  const suffix = known === undefined ? '' : ` (${String(known)})`;
  if (code !== 'E_PERMISSION_DENIED')
    return new StowageError(code, `GCE ${method}: ${words}${suffix}`, extras);
  const [, permission] = /'(compute\.[a-zA-Z.]+)' permission/.exec(message) ?? [];
  if (permission !== undefined)
    return new StowageError(code, `the plugin's identity may not call ${permission}`, extras);
  if (/scopes?\b/.test(message))
    return new StowageError(code, `GCE ${method}: ${words}${suffix}`, {
      ...extras,
      remedy: 'Give the machine the access scope cloud-platform; roles limit what the plugin may do.',
    });
  return new StowageError(code, `GCE ${method}: ${words}${suffix}`, extras);
}

function codeFor(reason: string | undefined, status: number | undefined): ErrorCode {
  const known = reason === undefined ? undefined : CODES[fold(reason)];
  if (known !== undefined) return known;
  if (status === undefined) return reason === undefined ? 'E_CLOUD_UNAVAILABLE' : 'E_CLOUD_FAILED';
  return CODES_BY_STATUS[status] ?? (status >= SERVER_ERRORS ? 'E_CLOUD_UNAVAILABLE' : 'E_CLOUD_FAILED');
}

function fold(reason: string): string {
  return reason.toLowerCase().replaceAll('_', '');
}

/** The HTTP status; undefined when there was no answer. */
function statusOf(thrown: unknown): number | undefined {
  const kept = property(thrown, 'httpStatusCode');
  if (typeof kept === 'number') return kept;
  const code = property(thrown, 'code');
  if (typeof code !== 'number') return undefined;
  return code >= LEAST_STATUS ? code : STATUS_OF_GRPC[code];
}

/** What GCE wrote: kept aside by newer SDKs, as the message by older ones. */
function answerOf(thrown: unknown): { message: string | undefined; reason: string | undefined } | undefined {
  for (const candidate of [property(thrown, RAW), property(thrown, 'message')]) {
    const answer = parsed(candidate);
    if (answer !== undefined) return answer;
  }
  return undefined;
}

function parsed(candidate: unknown): { message: string | undefined; reason: string | undefined } | undefined {
  try {
    const value: unknown = typeof candidate === 'string' ? JSON.parse(candidate) : candidate;
    const { data } = answerSchema.safeParse(value);
    return data && { message: data.error.message, reason: data.error.errors?.[0]?.reason };
  } catch {
    return undefined;
  }
}

/** The file with the credentials is absent or closed to us. */
function isUnreadable(thrown: unknown): boolean {
  const code = property(thrown, 'code');
  return code === 'ENOENT' || code === 'EACCES' || code === 'EISDIR';
}

function property(thrown: unknown, key: string | symbol): unknown {
  return thrown instanceof Error ? Reflect.get(thrown, key) : undefined;
}

import type { ErrorCode } from '../../../plugin/core/errors.ts';
import { clip, StowageError } from '../../../plugin/core/errors.ts';

/** EC2's codes in ours; what is missing here is E_CLOUD_FAILED. */
const CODES: Readonly<Record<string, ErrorCode>> = {
  VolumeInUse: 'E_VOLUME_IN_USE',
  IdempotentParameterMismatch: 'E_VOLUME_EXISTS',
  'InvalidVolume.ZoneMismatch': 'E_WRONG_ZONE',
  AttachmentLimitExceeded: 'E_CLOUD_LIMIT',
  VolumeLimitExceeded: 'E_CLOUD_LIMIT',
  MaxIOPSLimitExceeded: 'E_CLOUD_LIMIT',
  SnapshotLimitExceeded: 'E_CLOUD_LIMIT',
  ConcurrentSnapshotLimitExceeded: 'E_CLOUD_LIMIT',
  PendingSnapshotLimitExceeded: 'E_CLOUD_LIMIT',
  SnapshotCreationPerVolumeRateExceeded: 'E_CLOUD_LIMIT',
  VolumeModificationRateExceeded: 'E_CLOUD_LIMIT',
  IncorrectModificationState: 'E_CLOUD_LIMIT',
  TagLimitExceeded: 'E_CLOUD_LIMIT',
  InsufficientVolumeCapacity: 'E_CLOUD_LIMIT',
  RequestLimitExceeded: 'E_CLOUD_UNAVAILABLE',
  Throttling: 'E_CLOUD_UNAVAILABLE',
  ThrottlingException: 'E_CLOUD_UNAVAILABLE',
  InternalError: 'E_CLOUD_UNAVAILABLE',
  InternalFailure: 'E_CLOUD_UNAVAILABLE',
  Unavailable: 'E_CLOUD_UNAVAILABLE',
  ServiceUnavailable: 'E_CLOUD_UNAVAILABLE',
  ServerInternal: 'E_CLOUD_UNAVAILABLE',
  UnauthorizedOperation: 'E_PERMISSION_DENIED',
  AccessDenied: 'E_PERMISSION_DENIED',
  AccessDeniedException: 'E_PERMISSION_DENIED',
  AuthFailure: 'E_PERMISSION_DENIED',
  InvalidClientTokenId: 'E_PERMISSION_DENIED',
  SignatureDoesNotMatch: 'E_PERMISSION_DENIED',
  OptInRequired: 'E_PERMISSION_DENIED',
  ExpiredToken: 'E_PERMISSION_DENIED',
  RequestExpired: 'E_PERMISSION_DENIED',
  CredentialsProviderError: 'E_PERMISSION_DENIED',
};

/** Permissions that EC2 asks for beside the action of the call itself. */
const IDENTITY = new Set([
  'AuthFailure',
  'InvalidClientTokenId',
  'SignatureDoesNotMatch',
  'ExpiredToken',
  'RequestExpired',
]);

/** EC2's code of an error, or undefined for one that is not EC2's. */
export function codeOf(thrown: unknown): string | undefined {
  return thrown instanceof Error && thrown.name !== 'Error' ? thrown.name : undefined;
}

/** The one translation of the SDK's errors. `action` is the EC2 action that was called, e.g. `CreateVolume`. */
export function translate(thrown: unknown, action: string): StowageError {
  if (thrown instanceof StowageError) return thrown;
  const name = codeOf(thrown) ?? '';
  const status = statusOf(thrown);
  const code =
    CODES[name] ?? (status !== undefined && status < 500 ? 'E_CLOUD_FAILED' : 'E_CLOUD_UNAVAILABLE');
  const words = clip(thrown instanceof Error ? withoutEncoded(thrown.message) : String(thrown), 300);
  const extras = { cause: thrown, details: { action, awsCode: name, status } };
  if (code !== 'E_PERMISSION_DENIED')
    return new StowageError(code, `EC2 ${action}: ${words} (${name})`, extras);
  if (name === 'CredentialsProviderError')
    return new StowageError(code, 'no AWS credentials were found', {
      ...extras,
      remedy:
        'Give the instance a role, or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY (or AWS_SECRET_ACCESS_KEY_FILE).',
    });
  if (IDENTITY.has(name))
    return new StowageError(code, `EC2 ${action}: AWS does not accept the credentials: ${words} (${name})`, {
      ...extras,
      remedy: 'Check the access key, or the role of the instance, and the clock of this machine.',
    });
  return new StowageError(code, `the plugin's identity may not call ec2:${action}`, extras);
}

/** EC2 has no code of its own for a device name that is taken. */
export function isNameInUse(thrown: unknown): boolean {
  return (
    thrown instanceof StowageError &&
    thrown.details['awsCode'] === 'InvalidParameterValue' &&
    thrown.message.includes('already in use')
  );
}

/** The reason that only AWS itself can read is long and helps nobody. */
function withoutEncoded(message: string): string {
  return message.replace(/\.? ?Encoded authorization failure message:[\s\S]*/, '');
}

function statusOf(thrown: unknown): number | undefined {
  const metadata: unknown = thrown instanceof Error ? Reflect.get(thrown, '$metadata') : undefined;
  const status: unknown =
    typeof metadata === 'object' && metadata !== null ? Reflect.get(metadata, 'httpStatusCode') : undefined;
  return typeof status === 'number' ? status : undefined;
}

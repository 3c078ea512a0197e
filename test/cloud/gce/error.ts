/** A refusal in the words of Compute Engine. */
export class GceError extends Error {
  override readonly name = 'GceError';
  /** HTTP status. */
  readonly status: number;
  /** Such as `notFound`. */
  readonly reason: string;

  constructor(status: number, reason: string, message: string) {
    super(message);
    this.status = status;
    this.reason = reason;
  }
}

/** What an operation that was accepted can still end with. */
export class OperationFailure extends Error {
  override readonly name = 'OperationFailure';
  /** Such as `RESOURCE_IN_USE_BY_ANOTHER_RESOURCE`. */
  readonly code: string;
  /** As the operation shows it in `httpErrorStatusCode`. */
  readonly status: number;

  constructor(code: string, message: string, status = 400) {
    super(message);
    this.code = code;
    this.status = status;
  }
}

/** gRPC's names for HTTP's numbers, which newer answers carry beside the reason. */
const STATUS_WORDS: Readonly<Record<number, string>> = {
  400: 'INVALID_ARGUMENT',
  401: 'UNAUTHENTICATED',
  403: 'PERMISSION_DENIED',
  404: 'NOT_FOUND',
  412: 'FAILED_PRECONDITION',
  429: 'RESOURCE_EXHAUSTED',
  500: 'INTERNAL',
  503: 'UNAVAILABLE',
};

/** The error as it is written on the wire. */
export function errorBody({ status, reason, message }: GceError): object {
  const domain = reason.startsWith('rateLimit') || reason === 'quotaExceeded' ? 'usageLimits' : 'global';
  const word = STATUS_WORDS[status];
  return {
    error: {
      code: status,
      message,
      errors: [{ message, domain, reason }],
      ...(word !== undefined && { status: word }),
    },
  };
}

/** A value that may not be so. */
export function invalid(field: string, value: unknown, why: string): GceError {
  return new GceError(400, 'invalid', `Invalid value for field '${field}': '${String(value)}'. ${why}`);
}

/** Nothing has this name. @param resource `projects/p/zones/z/disks/d` */
export function notFound(resource: string): GceError {
  return new GceError(404, 'notFound', `The resource '${resource}' was not found`);
}

/** Something is under way with it. */
export function notReady(resource: string): GceError {
  return new GceError(400, 'resourceNotReady', `The resource '${resource}' is not ready`);
}

/** The name is taken. */
export function alreadyExists(resource: string): GceError {
  return new GceError(409, 'alreadyExists', `The resource '${resource}' already exists`);
}

/** The sentence that tells who has a disk. */
export function inUseBy(disk: string, user: string): string {
  return `The disk resource '${disk}' is already being used by '${user}'`;
}

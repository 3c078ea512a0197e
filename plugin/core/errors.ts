/** What one error code means to the person who reads it. */
export interface ErrorMeaning {
  /** What to do, used when the thrower has nothing more precise to say. */
  readonly remedy: string;
  /** True when repeating the same call may succeed without anybody changing anything. */
  readonly retryable: boolean;
}

/** The one table of error codes. `docs/errors.md` lists the same codes; a test holds the two together. */
export const ERRORS = {
  E_INVALID_REQUEST: {
    remedy: 'Send the JSON that the Docker volume plugin protocol asks for.',
    retryable: false,
  },
  E_INVALID_NAME: {
    remedy: 'Use 1 to 128 characters: a letter or digit first, then letters, digits, "_", "." or "-".',
    retryable: false,
  },
  E_INVALID_OPTION: { remedy: "See the backend's README for its options.", retryable: false },
  E_INVALID_CONFIG: {
    remedy: 'Correct the setting with `docker plugin set` and enable the plugin again.',
    retryable: false,
  },
  E_BACKEND_NOT_FOUND: { remedy: 'Choose one of the backends that this version has.', retryable: false },
  E_VOLUME_NOT_FOUND: { remedy: 'Create the volume first with `docker volume create`.', retryable: false },
  E_VOLUME_EXISTS: {
    remedy: 'Use the same options, another name, or remove the volume first.',
    retryable: false,
  },
  E_VOLUME_IN_USE: { remedy: 'Stop and remove the containers that use it, then repeat.', retryable: true },
  E_PATH_NOT_ALLOWED: {
    remedy: 'Ask the operator to add a parent directory to STOWAGE_PATH_ROOTS.',
    retryable: false,
  },
  E_OPERATION_PENDING: { remedy: 'The work goes on; repeat the command in a moment.', retryable: true },
  E_NOT_SUPPORTED: { remedy: "See the backend's README for what it can do.", retryable: false },
  E_NO_SPACE: { remedy: 'Free space below STOWAGE_DATA, then repeat.', retryable: true },
  E_DEVICE_UNAVAILABLE: {
    remedy: 'Check that the kernel has loop devices and that some are free, then repeat.',
    retryable: true,
  },
  E_FILESYSTEM_DAMAGED: {
    remedy: 'Restore the volume from a backup, or repair its file system by hand.',
    retryable: false,
  },
  E_MOUNT_FAILED: { remedy: "See the plugin's log for the kernel's answer, then repeat.", retryable: true },
  E_UNMOUNT_FAILED: { remedy: 'Find out what still uses the mount point, then repeat.', retryable: true },
  E_HOST_FAILED: { remedy: "See the plugin's log for the details, then repeat.", retryable: true },
  E_CLOUD_UNAVAILABLE: {
    remedy:
      'Check the network and the status of the cloud; what Stowage has begun goes on when it answers again.',
    retryable: true,
  },
  E_CLOUD_LIMIT: {
    remedy: 'Remove what is not needed, ask the cloud for a larger quota, or use another machine.',
    retryable: true,
  },
  E_CLOUD_FAILED: { remedy: "See the plugin's log for the cloud's answer.", retryable: false },
  E_PERMISSION_DENIED: {
    remedy: "Give the plugin's identity this permission; the backend's README has the whole policy.",
    retryable: false,
  },
  E_WRONG_ZONE: {
    remedy: 'Run the container on a machine of that zone, or move the volume by a snapshot.',
    retryable: false,
  },
  E_DISK_NOT_BLANK: {
    remedy: 'Look at what is on it; if nothing of it is needed, remove the volume and create it anew.',
    retryable: false,
  },
  E_STATE_UNAVAILABLE: {
    remedy: "See the plugin's log; the volumes and their data are untouched.",
    retryable: true,
  },
  E_INTERNAL: { remedy: "This is a defect of Stowage; the plugin's log has the details.", retryable: false },
} as const satisfies Record<string, ErrorMeaning>;

/** A code from the table. */
export type ErrorCode = keyof typeof ERRORS;

/** What a thrower may add to a code and a message. */
export interface ErrorExtras {
  /** Replaces the table's remedy. */
  remedy?: string;
  /** Facts for the log and for tests; never secrets. */
  details?: Readonly<Record<string, unknown>>;
  cause?: unknown;
}

/** The only error that crosses a module boundary on purpose. Its rendering is one line that names what, why and what to do. */
export class StowageError extends Error {
  override readonly name = 'StowageError';
  readonly code: ErrorCode;
  readonly remedy: string;
  readonly retryable: boolean;
  readonly details: Readonly<Record<string, unknown>>;

  constructor(code: ErrorCode, message: string, extras: ErrorExtras = {}) {
    super(message, extras.cause === undefined ? undefined : { cause: extras.cause });
    this.code = code;
    this.remedy = extras.remedy ?? ERRORS[code].remedy;
    this.retryable = ERRORS[code].retryable;
    this.details = extras.details ?? {};
  }
}

/** Turns anything thrown into a StowageError; what is not one already is our defect and becomes E_INTERNAL. */
export function toStowageError(thrown: unknown): StowageError {
  if (thrown instanceof StowageError) return thrown;
  return new StowageError('E_INTERNAL', 'something unexpected went wrong', { cause: thrown });
}

/**
 * What starts a new line somewhere, steers a terminal or reorders the text around it: control characters, Unicode's
 * separators and its marks of direction.
 */
const NOT_PLAIN = /[\u0000-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]+/g;

/** The single line that Docker shows, e.g. `create volume "db": … (E_…). <remedy>`. */
export function renderError(operation: string, subject: string, error: StowageError): string {
  const line = `${operation} volume ${JSON.stringify(clip(subject))}: ${error.message} (${error.code}). ${error.remedy}`;
  return line.replace(NOT_PLAIN, ' ');
}

/** Shortens text that came from outside, so that a 64 KiB name cannot become a 64 KiB error. */
export function clip(text: string, limit = 140): string {
  return text.length <= limit ? text : `${text.slice(0, limit)}…`;
}

import type { TRPC_ERROR_CODE_KEY, TRPC_ERROR_CODE_NUMBER } from '@trpc/server';

/** Every way in which an operation may fail, as clients see it. */
export type ErrorCode =
  | 'VALIDATION_FAILED'
  | 'UNAUTHENTICATED'
  | 'INVALID_CREDENTIALS'
  | 'SECOND_FACTOR_REQUIRED'
  | 'INVALID_TOKEN'
  | 'FORBIDDEN'
  | 'FRESH_SIGN_IN_REQUIRED'
  | 'INSUFFICIENT_SCOPE'
  | 'NOT_FOUND'
  | 'METHOD_NOT_ALLOWED'
  | 'NOT_ACCEPTABLE'
  | 'REQUEST_TIMEOUT'
  | 'CONFLICT'
  | 'STALE_VERSION'
  | 'CANNOT_UNDO'
  | 'FULL_SYNC_REQUIRED'
  | 'IDEMPOTENCY_KEY_IN_USE'
  | 'IDEMPOTENCY_KEY_REUSED'
  | 'PAYLOAD_TOO_LARGE'
  | 'URI_TOO_LONG'
  | 'UNSUPPORTED_MEDIA_TYPE'
  | 'TOO_MANY_REQUESTS'
  | 'CANCELLED'
  | 'INTERNAL'
  | 'BUSY'
  | 'UNAVAILABLE';

interface ErrorKind {
  /** HTTP status over REST. */
  readonly status: number;
  /** tRPC's nearest code; its HTTP status goes with it. */
  readonly trpc: TRPC_ERROR_CODE_KEY;
  /** RFC 9457 `title`: the same for each occurrence. */
  readonly title: string;
}

/** The one map from domain errors to the transports. A forgotten code does not compile. */
export const errorKinds: Readonly<Record<ErrorCode, ErrorKind>> = {
  VALIDATION_FAILED: { status: 400, trpc: 'BAD_REQUEST', title: 'The input is not valid' },
  UNAUTHENTICATED: { status: 401, trpc: 'UNAUTHORIZED', title: 'Sign in first' },
  INVALID_CREDENTIALS: { status: 401, trpc: 'UNAUTHORIZED', title: 'The e-mail address or the password is wrong' },
  SECOND_FACTOR_REQUIRED: { status: 401, trpc: 'UNAUTHORIZED', title: 'Show your second factor, too' },
  INVALID_TOKEN: { status: 400, trpc: 'BAD_REQUEST', title: 'This link has been used, or has expired' },
  FRESH_SIGN_IN_REQUIRED: {
    status: 403,
    trpc: 'FORBIDDEN',
    title: 'Confirm who you are first: this needs a sign-in less than 5 minutes old',
  },
  INSUFFICIENT_SCOPE: { status: 403, trpc: 'FORBIDDEN', title: 'This API key may not do that' },
  FORBIDDEN: { status: 403, trpc: 'FORBIDDEN', title: 'Not allowed' },
  NOT_FOUND: { status: 404, trpc: 'NOT_FOUND', title: 'Not found' },
  METHOD_NOT_ALLOWED: { status: 405, trpc: 'METHOD_NOT_SUPPORTED', title: 'This method is not served here' },
  NOT_ACCEPTABLE: { status: 406, trpc: 'BAD_REQUEST', title: 'The answer would not be of an accepted type' },
  REQUEST_TIMEOUT: { status: 408, trpc: 'TIMEOUT', title: 'The request took too long to arrive' },
  CONFLICT: { status: 409, trpc: 'CONFLICT', title: 'It exists already' },
  STALE_VERSION: { status: 412, trpc: 'CONFLICT', title: 'It was changed in the meantime' },
  CANNOT_UNDO: { status: 409, trpc: 'CONFLICT', title: 'Something stands in the way of undoing it' },
  FULL_SYNC_REQUIRED: {
    status: 410,
    trpc: 'CONFLICT',
    title: 'The changes since then are not there: sync from the beginning',
  },
  IDEMPOTENCY_KEY_IN_USE: {
    status: 409,
    trpc: 'CONFLICT',
    title: 'The first request with this key still runs: repeat this one in a second',
  },
  IDEMPOTENCY_KEY_REUSED: {
    status: 422,
    trpc: 'UNPROCESSABLE_CONTENT',
    title: 'This idempotency key was used for another request: use a new one',
  },
  PAYLOAD_TOO_LARGE: { status: 413, trpc: 'PAYLOAD_TOO_LARGE', title: 'The request is too large' },
  URI_TOO_LONG: { status: 414, trpc: 'BAD_REQUEST', title: 'The address is too long' },
  UNSUPPORTED_MEDIA_TYPE: { status: 415, trpc: 'UNSUPPORTED_MEDIA_TYPE', title: 'Send JSON' },
  TOO_MANY_REQUESTS: { status: 429, trpc: 'TOO_MANY_REQUESTS', title: 'Too many requests' },
  CANCELLED: { status: 499, trpc: 'CLIENT_CLOSED_REQUEST', title: 'The client went away' },
  INTERNAL: { status: 500, trpc: 'INTERNAL_SERVER_ERROR', title: 'Something went wrong on our side' },
  BUSY: { status: 503, trpc: 'SERVICE_UNAVAILABLE', title: 'Too busy right now; nothing was done' },
  UNAVAILABLE: { status: 503, trpc: 'SERVICE_UNAVAILABLE', title: 'The service is not available right now' },
};

/** One fault in the input: where (`due.date`, `items.3.title`) and what. */
export interface FieldError {
  readonly path: string;
  readonly message: string;
}

export type ErrorDetails = Readonly<Record<string, string | number | readonly string[]>>;

/** An error as tRPC carries it. */
export interface ErrorShape {
  readonly code: TRPC_ERROR_CODE_NUMBER;
  readonly message: string;
  readonly data: {
    readonly code: ErrorCode;
    readonly httpStatus: number;
    readonly request_id: string | null;
    readonly errors: readonly FieldError[];
    readonly details: ErrorDetails | null;
    readonly retryAfterSeconds: number | null;
  };
}

interface DomainErrorOptions {
  readonly errors?: readonly FieldError[];
  /** After how many seconds the same call may be tried again. Given only where nothing was done. */
  readonly retryAfterSeconds?: number;
  /** Whatever else the client should know; safe to show. */
  readonly details?: ErrorDetails;
  /** The request that failed so first, where this is its reply given again. */
  readonly requestId?: string;
  readonly cause?: unknown;
}

/** What operations throw. The message is for people and is shown to the client; the cause goes to the log only. */
export class DomainError extends Error {
  override readonly name = 'DomainError';
  readonly code: ErrorCode;
  readonly errors: readonly FieldError[];
  readonly retryAfterSeconds: number | undefined;
  readonly details: DomainErrorOptions['details'];
  readonly requestId: string | undefined;

  constructor(code: ErrorCode, message: string = errorKinds[code].title, options: DomainErrorOptions = {}) {
    super(message, { cause: options.cause });
    this.code = code;
    this.errors = options.errors ?? [];
    this.retryAfterSeconds = options.retryAfterSeconds;
    this.details = options.details;
    this.requestId = options.requestId;
  }
}

/** Missing and foreign look the same: the same bytes, whatever the reason. */
export function notFound(thing: string, path?: string): DomainError {
  const message = `There is no such ${thing}`;
  return new DomainError('NOT_FOUND', message, path === undefined ? {} : { errors: [{ path, message }] });
}

/** Misspelt, unknown, revoked, expired, or of somebody who is locked out: the same bytes, whatever the reason. */
export function invalidKey(): DomainError {
  return new DomainError('UNAUTHENTICATED', 'This is not a valid API key');
}

/** An input fault that only an operation can see. */
export function invalid(path: string, message: string): DomainError {
  return invalidInput([{ path, message }]);
}

const mostSaid = 3;

/** Faults in the input: the first ones in one line, for people who read no further, and all of them by their places. */
export function invalidInput(errors: readonly FieldError[], cause?: unknown): DomainError {
  const said = errors.slice(0, mostSaid).map(({ path, message }) => (path === '' ? message : `${path}: ${message}`));
  const more = errors.length > said.length ? ` (and ${errors.length - said.length} more)` : '';
  return new DomainError('VALIDATION_FAILED', `${said.join('; ')}${more}`, { errors, cause });
}

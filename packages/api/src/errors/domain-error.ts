import type { TRPC_ERROR_CODE_KEY, TRPC_ERROR_CODE_NUMBER } from '@trpc/server';

/** The error codes that clients see. */
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
  /** The closest tRPC code; it determines the HTTP status over tRPC. */
  readonly trpc: TRPC_ERROR_CODE_KEY;
  /** The `title` of RFC 9457: the same for each occurrence. */
  readonly title: string;
}

/** Maps each error code to its statuses. A missing code does not compile. */
export const errorKinds: Readonly<Record<ErrorCode, ErrorKind>> = {
  VALIDATION_FAILED: { status: 400, trpc: 'BAD_REQUEST', title: 'Invalid input' },
  UNAUTHENTICATED: { status: 401, trpc: 'UNAUTHORIZED', title: 'Authentication required' },
  INVALID_CREDENTIALS: { status: 401, trpc: 'UNAUTHORIZED', title: 'Wrong email address or password' },
  SECOND_FACTOR_REQUIRED: { status: 401, trpc: 'UNAUTHORIZED', title: 'Second factor required' },
  INVALID_TOKEN: { status: 400, trpc: 'BAD_REQUEST', title: 'Invalid, expired or already used token' },
  FRESH_SIGN_IN_REQUIRED: {
    status: 403,
    trpc: 'FORBIDDEN',
    title: 'Recent authentication required: re-authenticate first',
  },
  INSUFFICIENT_SCOPE: { status: 403, trpc: 'FORBIDDEN', title: 'Insufficient scope' },
  FORBIDDEN: { status: 403, trpc: 'FORBIDDEN', title: 'Forbidden' },
  NOT_FOUND: { status: 404, trpc: 'NOT_FOUND', title: 'Not found' },
  METHOD_NOT_ALLOWED: { status: 405, trpc: 'METHOD_NOT_SUPPORTED', title: 'Method not allowed' },
  NOT_ACCEPTABLE: { status: 406, trpc: 'BAD_REQUEST', title: 'No acceptable media type' },
  REQUEST_TIMEOUT: { status: 408, trpc: 'TIMEOUT', title: 'Request timeout' },
  CONFLICT: { status: 409, trpc: 'CONFLICT', title: 'Conflict with existing data' },
  STALE_VERSION: { status: 412, trpc: 'CONFLICT', title: 'Version conflict' },
  CANNOT_UNDO: { status: 409, trpc: 'CONFLICT', title: 'The change cannot be undone' },
  FULL_SYNC_REQUIRED: {
    status: 410,
    trpc: 'CONFLICT',
    title: 'Full sync required: the requested changes are not available',
  },
  IDEMPOTENCY_KEY_IN_USE: {
    status: 409,
    trpc: 'CONFLICT',
    title: 'The first request with this idempotency key is still running',
  },
  IDEMPOTENCY_KEY_REUSED: {
    status: 422,
    trpc: 'UNPROCESSABLE_CONTENT',
    title: 'This idempotency key was already used for a different request',
  },
  PAYLOAD_TOO_LARGE: { status: 413, trpc: 'PAYLOAD_TOO_LARGE', title: 'Payload too large' },
  URI_TOO_LONG: { status: 414, trpc: 'BAD_REQUEST', title: 'URI too long' },
  UNSUPPORTED_MEDIA_TYPE: { status: 415, trpc: 'UNSUPPORTED_MEDIA_TYPE', title: 'Unsupported media type' },
  TOO_MANY_REQUESTS: { status: 429, trpc: 'TOO_MANY_REQUESTS', title: 'Too many requests' },
  CANCELLED: { status: 499, trpc: 'CLIENT_CLOSED_REQUEST', title: 'The client closed the request' },
  INTERNAL: { status: 500, trpc: 'INTERNAL_SERVER_ERROR', title: 'Internal server error' },
  BUSY: { status: 503, trpc: 'SERVICE_UNAVAILABLE', title: 'The server is busy: retry later' },
  UNAVAILABLE: { status: 503, trpc: 'SERVICE_UNAVAILABLE', title: 'Service unavailable' },
};

/** One invalid field: its path (`due.date`, `items.3.title`) and what is wrong with it. */
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
  /** Seconds until a retry. Set only if the call changed nothing. */
  readonly retryAfterSeconds?: number;
  /** Further information for the client. It must not contain secrets. */
  readonly details?: ErrorDetails;
  /** The id of the first request, if this is a stored response that is returned again. */
  readonly requestId?: string;
  readonly cause?: unknown;
}

/** The error that operations throw. Clients see the message; only the log has the cause. */
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

/** The same response for a missing row and for a row of another user, so that nobody can probe for ids. */
export function notFound(thing: string, path?: string): DomainError {
  const message = `${thing.charAt(0).toUpperCase()}${thing.slice(1)} not found`;
  return new DomainError('NOT_FOUND', message, path === undefined ? {} : { errors: [{ path, message }] });
}

/** The same response for a malformed, unknown, revoked or expired key, and for a key of a disabled user. */
export function invalidKey(): DomainError {
  return new DomainError('UNAUTHENTICATED', 'Invalid API key');
}

/** A validation error that the schema cannot detect. */
export function invalid(path: string, message: string): DomainError {
  return invalidInput([{ path, message }]);
}

const mostInMessage = 3;

/** Validation errors: the message names the first three, `errors` has all of them. */
export function invalidInput(errors: readonly FieldError[], cause?: unknown): DomainError {
  const said = errors
    .slice(0, mostInMessage)
    .map(({ path, message }) => (path === '' ? message : `${path}: ${message}`));
  const more = errors.length > said.length ? ` (and ${errors.length - said.length} more)` : '';
  return new DomainError('VALIDATION_FAILED', `${said.join('; ')}${more}`, { errors, cause });
}

import type { ErrorCode, ErrorDetails, FieldError } from '@alice/api/types';

/**
 * The error codes of the server, and three of the client: NETWORK (no response, or not one of ALICE), TIMEOUT and
 * CANCELLED (by the caller's signal).
 */
export type AliceErrorCode = ErrorCode | 'NETWORK' | 'TIMEOUT' | 'CANCELLED';

export interface AliceErrorOptions {
  readonly status?: number | undefined;
  readonly requestId?: string | undefined;
  readonly errors?: readonly FieldError[] | undefined;
  readonly details?: ErrorDetails | undefined;
  readonly retryAfterMs?: number | undefined;
  readonly cause?: unknown;
}

/** The error of every failed call. The message is for humans; programs should use `code`. */
export class AliceError extends Error {
  override readonly name = 'AliceError';
  readonly code: AliceErrorCode;
  /** The HTTP status; undefined without a response. */
  readonly status: number | undefined;
  /** The request id in the server log. Quote it when you report a problem. */
  readonly requestId: string | undefined;
  /** Validation errors: the path of the field (`due.date`) and what is wrong with it. */
  readonly errors: readonly FieldError[];
  /** Further information, such as the current version of a changed row. */
  readonly details: ErrorDetails | undefined;
  /** Milliseconds until a retry; set only if the call changed nothing. */
  readonly retryAfterMs: number | undefined;

  constructor(code: AliceErrorCode, message: string, options: AliceErrorOptions = {}) {
    super(message, { cause: options.cause });
    this.code = code;
    this.status = options.status;
    this.requestId = options.requestId;
    this.errors = options.errors ?? [];
    this.details = options.details;
    this.retryAfterMs = options.retryAfterMs;
  }
}

/**
 * Whether a value is an `AliceError`. Compares the name, so that errors of another copy of this package are recognised.
 */
export function isAliceError(value: unknown): value is AliceError {
  return typeof value === 'object' && value !== null && 'name' in value && value.name === 'AliceError';
}

export function isUnauthenticated(error: unknown): boolean {
  return isAliceError(error) && error.code === 'UNAUTHENTICATED';
}

/** The details of SECOND_FACTOR_REQUIRED: the MFA token, and the available methods. */
export interface SecondFactorDetails {
  readonly ticket: string;
  readonly methods: readonly string[];
}

/** Whether a sign-in needs a second factor: the password was correct. */
export function needsSecondFactor(
  error: unknown,
): error is AliceError & { readonly code: 'SECOND_FACTOR_REQUIRED'; readonly details: SecondFactorDetails } {
  return isAliceError(error) && error.code === 'SECOND_FACTOR_REQUIRED';
}

/** An error code from the server. Codes of a newer server that this version does not know are passed on unchanged. */
export function errorCode(code: string): ErrorCode {
  return code as ErrorCode;
}

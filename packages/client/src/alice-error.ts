import type { ErrorCode, ErrorDetails, FieldError } from '@alice/api/types';

/**
 * The server's codes and three of our own: NETWORK (no reply, or one that is not ALICE's), TIMEOUT (no reply in time)
 * and CANCELLED (by the caller's signal).
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

/** What every failed call rejects with. The message is for people; programs go by `code`. */
export class AliceError extends Error {
  override readonly name = 'AliceError';
  readonly code: AliceErrorCode;
  /** The HTTP status; undefined where there was no reply. */
  readonly status: number | undefined;
  /** What to quote to the people who run the server: their logs carry it. */
  readonly requestId: string | undefined;
  /** Faults in the input: where (`due.date`) and what. */
  readonly errors: readonly FieldError[];
  /** Whatever else the server says of the failure, such as the current version of a stale row. */
  readonly details: ErrorDetails | undefined;
  /** Milliseconds after which the same call may be tried again; given only where nothing was done. */
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

/** Whether a caught value is an `AliceError`. It goes by the name, so that two copies of this package know each other's. */
export function isAliceError(value: unknown): value is AliceError {
  return typeof value === 'object' && value !== null && 'name' in value && value.name === 'AliceError';
}

export function isUnauthenticated(error: unknown): boolean {
  return isAliceError(error) && error.code === 'UNAUTHENTICATED';
}

/** What a sign-in is told that needs a second factor: what opens the second step, and the ways to take it. */
export interface SecondFactorDetails {
  readonly ticket: string;
  readonly methods: readonly string[];
}

/** Whether a sign-in with the right password failed because the account has a second factor. */
export function needsSecondFactor(
  error: unknown,
): error is AliceError & { readonly code: 'SECOND_FACTOR_REQUIRED'; readonly details: SecondFactorDetails } {
  return isAliceError(error) && error.code === 'SECOND_FACTOR_REQUIRED';
}

/** A code from the wire. A newer server may know more codes than this build: they pass as they are. */
export function errorCode(code: string): ErrorCode {
  return code as ErrorCode;
}

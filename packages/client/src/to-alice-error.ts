import type { AppRouter } from '@alice/api/types';
import { isTRPCClientError } from '@trpc/client';
import { AliceError, errorCode, isAliceError } from './alice-error.ts';
import { WireResponse } from './wire-fetch.ts';

/** Whatever a call failed with, as an `AliceError`. What is neither a reply nor the lack of one is a fault of our own side. */
export function toAliceError(error: unknown): AliceError {
  if (isAliceError(error)) return error;
  if (isTRPCClientError<AppRouter>(error)) {
    if (isAliceError(error.cause)) return error.cause;
    const response = error.meta?.['response'];
    const headerId = response instanceof WireResponse ? response.requestId : undefined;
    const data = error.data;
    // Another tRPC server's errors have no such data; what can be told of them is their status.
    if (typeof data?.code !== 'string' || !Array.isArray(data.errors)) {
      return new AliceError('INTERNAL', error.message, { status: data?.httpStatus, requestId: headerId, cause: error });
    }
    return new AliceError(errorCode(data.code), error.message, {
      status: data.httpStatus,
      requestId: data.request_id ?? headerId,
      errors: data.errors,
      details: data.details ?? undefined,
      // Not the header: a batch has one, and it would speak for calls of which the server says no such thing.
      retryAfterMs: typeof data.retryAfterSeconds === 'number' ? data.retryAfterSeconds * 1000 : undefined,
    });
  }
  return new AliceError('INTERNAL', error instanceof Error ? error.message : 'The call failed', { cause: error });
}

import type { AppRouter, ErrorShape } from '@alice/api/types';
import { isTRPCClientError } from '@trpc/client';
import { AliceError, errorCode, isAliceError } from './alice-error.ts';
import { isRecord } from './foreign-reply.ts';
import { WireResponse } from './wire-fetch.ts';

/** Whatever a call failed with, as an `AliceError`. What is neither a reply nor the lack of one is a fault of our own side. */
export function toAliceError(error: unknown): AliceError {
  if (isAliceError(error)) return error;
  if (isTRPCClientError<AppRouter>(error)) {
    if (isAliceError(error.cause)) return error.cause;
    const response = error.meta?.['response'];
    const requestId = response instanceof WireResponse ? response.requestId : undefined;
    if (isErrorShape(error.shape)) return fromShape(error.shape, requestId);
    const status = error.data?.httpStatus;
    return new AliceError('INTERNAL', error.message, { status, requestId, cause: error });
  }
  return new AliceError('INTERNAL', error instanceof Error ? error.message : 'The call failed', { cause: error });
}

/** Whether it is ALICE's way to tell of an error. Those of another tRPC server have no such data. */
export function isErrorShape(value: unknown): value is ErrorShape {
  if (!isRecord(value) || !isRecord(value['data'])) return false;
  return typeof value['data']['code'] === 'string' && Array.isArray(value['data']['errors']);
}

/** `requestId` is that of the reply, should the shape not name one. */
export function fromShape({ message, data }: ErrorShape, requestId: string | undefined): AliceError {
  return new AliceError(errorCode(data.code), message, {
    status: data.httpStatus,
    requestId: data.request_id ?? requestId,
    errors: data.errors,
    details: data.details ?? undefined,
    // Not the header: a batch has one, and it would speak for calls of which the server says no such thing.
    retryAfterMs: typeof data.retryAfterSeconds === 'number' ? data.retryAfterSeconds * 1000 : undefined,
  });
}

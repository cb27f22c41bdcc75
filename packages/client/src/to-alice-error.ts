import type { AppRouter, ErrorShape } from '@alice/api/types';
import { isTRPCClientError } from '@trpc/client';
import { AliceError, errorCode, isAliceError } from './alice-error.ts';
import { isRecord } from './foreign-reply.ts';
import { WireResponse } from './wire-fetch.ts';

/** Converts any error of a call to an `AliceError`. An error that is neither a response nor a missing one is internal. */
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

/** Whether it is an error shape of ALICE. Other tRPC servers do not have this data. */
export function isErrorShape(value: unknown): value is ErrorShape {
  if (!isRecord(value) || !isRecord(value['data'])) return false;
  return typeof value['data']['code'] === 'string' && Array.isArray(value['data']['errors']);
}

/** `requestId` is that of the response, in case the shape has none. */
export function fromShape({ message, data }: ErrorShape, requestId: string | undefined): AliceError {
  return new AliceError(errorCode(data.code), message, {
    status: data.httpStatus,
    requestId: data.request_id ?? requestId,
    errors: data.errors,
    details: data.details ?? undefined,
    // Not the header: a batch has only one, which does not apply to each call.
    retryAfterMs: typeof data.retryAfterSeconds === 'number' ? data.retryAfterSeconds * 1000 : undefined,
  });
}

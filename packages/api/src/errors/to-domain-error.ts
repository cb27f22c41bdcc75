import { databaseFault } from '@alice/db';
import type { TRPC_ERROR_CODE_KEY, TRPCError } from '@trpc/server';
import { ZodError } from 'zod';
import { DomainError, type ErrorCode, invalidInput } from './domain-error.ts';
import { fieldErrors } from './field-errors.ts';

/** tRPC's own error codes as ours. */
const ownRefusals: Partial<Record<TRPC_ERROR_CODE_KEY, ErrorCode>> = {
  PARSE_ERROR: 'VALIDATION_FAILED',
  BAD_REQUEST: 'VALIDATION_FAILED',
  UNAUTHORIZED: 'UNAUTHENTICATED',
  NOT_FOUND: 'NOT_FOUND',
  METHOD_NOT_SUPPORTED: 'METHOD_NOT_ALLOWED',
  TIMEOUT: 'REQUEST_TIMEOUT',
  PAYLOAD_TOO_LARGE: 'PAYLOAD_TOO_LARGE',
  UNSUPPORTED_MEDIA_TYPE: 'UNSUPPORTED_MEDIA_TYPE',
  CLIENT_CLOSED_REQUEST: 'CANCELLED',
};

/** The error that the client sees. Unexpected errors become INTERNAL with a generic message. */
export function toDomainError(error: TRPCError): DomainError {
  const { cause } = error;
  if (cause instanceof DomainError) return cause;
  // With another code, our own output failed its schema: that is not an error of the client.
  if (cause instanceof ZodError && error.code === 'BAD_REQUEST') {
    return invalidInput(fieldErrors(cause), cause);
  }
  const refusal = ownRefusals[error.code];
  if (refusal !== undefined) return new DomainError(refusal, ownWords(refusal, error), { cause: error });
  return fromUnknown(cause ?? error);
}

/** The same for errors that are thrown outside tRPC. */
export function fromUnknown(error: unknown): DomainError {
  if (error instanceof DomainError) return error;
  switch (databaseFault(error)?.kind) {
    case 'unavailable':
      return new DomainError('UNAVAILABLE', 'The database is unavailable', { cause: error });
    case 'timeout':
      return new DomainError('UNAVAILABLE', 'The database timed out', { cause: error });
    case 'abandoned':
      return new DomainError('CANCELLED', undefined, { cause: error });
    case 'invalid_text':
      return new DomainError('VALIDATION_FAILED', 'The input contains text that cannot be stored', { cause: error });
    default:
      return new DomainError('INTERNAL', undefined, { cause: error });
  }
}

/** tRPC's messages are safe to show. A JSON parser's message may quote the input, so it is replaced. */
function ownWords(code: ErrorCode, error: TRPCError): string | undefined {
  if (code === 'VALIDATION_FAILED') {
    return error.code === 'PARSE_ERROR' || error.cause instanceof SyntaxError
      ? 'The request body is not valid JSON'
      : error.message;
  }
  return error.message;
}

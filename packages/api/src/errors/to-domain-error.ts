import { databaseFault } from '@alice/db';
import type { TRPC_ERROR_CODE_KEY, TRPCError } from '@trpc/server';
import { ZodError } from 'zod';
import { DomainError, type ErrorCode, invalidInput } from './domain-error.ts';
import { fieldErrors } from './field-errors.ts';

/** tRPC's own refusals, in our words. */
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

/** What the client may know of a failure. Whatever is not expected becomes INTERNAL and tells nothing. */
export function toDomainError(error: TRPCError): DomainError {
  const { cause } = error;
  if (cause instanceof DomainError) return cause;
  // A ZodError under another code is our own output that failed its schema: not the client's fault.
  if (cause instanceof ZodError && error.code === 'BAD_REQUEST') {
    return invalidInput(fieldErrors(cause), cause);
  }
  const refusal = ownRefusals[error.code];
  if (refusal !== undefined) return new DomainError(refusal, ownWords(refusal, error), { cause: error });
  return fromUnknown(cause ?? error);
}

/** The same for what is thrown outside tRPC. */
export function fromUnknown(error: unknown): DomainError {
  if (error instanceof DomainError) return error;
  switch (databaseFault(error)?.kind) {
    case 'unavailable':
      return new DomainError('UNAVAILABLE', 'The database is not available right now', { cause: error });
    case 'timeout':
      return new DomainError('UNAVAILABLE', 'The database took too long', { cause: error });
    case 'abandoned':
      return new DomainError('CANCELLED', undefined, { cause: error });
    case 'invalid_text':
      return new DomainError('VALIDATION_FAILED', 'The input holds text that cannot be kept', { cause: error });
    default:
      return new DomainError('INTERNAL', undefined, { cause: error });
  }
}

/** tRPC's messages name no internals, and say what a developer did wrong; a parser's may quote the input. */
function ownWords(code: ErrorCode, error: TRPCError): string | undefined {
  if (code === 'VALIDATION_FAILED') {
    return error.code === 'PARSE_ERROR' || error.cause instanceof SyntaxError
      ? 'The body is not valid JSON'
      : error.message;
  }
  return error.message;
}

import { type DomainError, errorKinds, type RequestFacts } from '@alice/api';

/**
 * Logs why a request failed, if that is our fault; what is the client's stands in the request's own line. BUSY is a
 * refusal by design, not a defect: one warning without a stack, so that a flood of refusals does not bury real errors.
 */
export function logFailure(request: Pick<RequestFacts, 'log'>, failure: DomainError, procedure?: string): void {
  if (errorKinds[failure.code].status < 500) return;
  if (failure.code === 'BUSY') request.log.warn({ procedure, code: failure.code }, 'refused');
  else request.log.error({ procedure, code: failure.code, err: failure.cause ?? failure }, 'failed');
}

import { type DomainError, errorKinds, type RequestFacts } from '@alice/api';

/**
 * Logs the cause of a server error; client errors are in the access log. BUSY is a rejection by design, not a defect:
 * it is a warning without a stack, so that a flood of rejections does not hide real errors.
 */
export function logFailure(request: Pick<RequestFacts, 'log'>, failure: DomainError, procedure?: string): void {
  if (errorKinds[failure.code].status < 500) return;
  if (failure.code === 'BUSY') request.log.warn({ procedure, code: failure.code }, 'request rejected');
  else request.log.error({ procedure, code: failure.code, err: failure.cause ?? failure }, 'request failed');
}

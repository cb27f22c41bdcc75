import { type DomainError, errorKinds } from '@alice/api';

/** Problem details (RFC 9457), with the additional fields of the original API. */
export function problemBody(error: DomainError, requestId: string): object {
  const { status, title } = errorKinds[error.code];
  return {
    type: `urn:alice:error:${error.code.toLowerCase().replaceAll('_', '-')}`,
    title,
    status,
    detail: error.message,
    status_code: status,
    code: error.code,
    request_id: error.requestId ?? requestId,
    errors: error.errors,
    ...error.details,
  };
}

/** The response for an error. */
export function problem(error: DomainError, requestId: string): Response {
  const headers = new Headers({ 'content-type': 'application/problem+json' });
  // RFC 9110, 11.6.1: a 401 must name an authentication scheme.
  if (errorKinds[error.code].status === 401) headers.set('www-authenticate', 'Bearer');
  if (error.retryAfterSeconds !== undefined) headers.set('retry-after', String(error.retryAfterSeconds));
  return new Response(JSON.stringify(problemBody(error, requestId)), {
    status: errorKinds[error.code].status,
    headers,
  });
}

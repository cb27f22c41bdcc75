import { type DomainError, errorKinds } from '@alice/api';

/** RFC 9457 problem details, with the fields of the original API beside them. */
export function problem(error: DomainError, requestId: string): Response {
  const { status, title } = errorKinds[error.code];
  const body = {
    type: `urn:alice:error:${error.code.toLowerCase().replaceAll('_', '-')}`,
    title,
    status,
    detail: error.message,
    status_code: status,
    code: error.code,
    request_id: requestId,
    errors: error.errors,
    ...error.details,
  };
  const headers = new Headers({ 'content-type': 'application/problem+json' });
  // What is left of the body is not read, so the connection cannot be used again.
  if (error.code === 'PAYLOAD_TOO_LARGE') headers.set('connection', 'close');
  if (error.retryAfterSeconds !== undefined) headers.set('retry-after', String(error.retryAfterSeconds));
  return new Response(JSON.stringify(body), { status, headers });
}

import type { Budget } from '@alice/api';

type Headers = Readonly<Record<string, string>>;

/** On every response. The API returns JSON to programs: it must not be framed, sniffed, executed or cached. */
export const securityHeaders: Headers = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'strict-transport-security': 'max-age=31536000; includeSubDomains',
  'x-content-type-options': 'nosniff',
};

/** Response headers that a page of another origin may read. */
const exposedHeaders =
  'x-request-id, retry-after, etag, location, content-disposition, ratelimit-limit, ratelimit-remaining, ratelimit-reset';
const allowedHeaders =
  'accept, authorization, content-type, idempotency-key, if-match, if-none-match, last-event-id, x-alice-session';
const allowedMethods = 'GET, POST, PATCH, PUT, DELETE';
const preflightSeconds = '7200';

/** The rate limit headers: draft-ietf-httpapi-ratelimit-headers-03. */
export function addBudget(headers: Record<string, string>, { limit, remaining, resetSeconds }: Budget) {
  headers['ratelimit-limit'] = String(limit);
  headers['ratelimit-remaining'] = String(remaining);
  headers['ratelimit-reset'] = String(resetSeconds);
}

export interface Cors {
  /** The headers of every response to `origin`, including `securityHeaders`. */
  headersFor(origin: string | undefined): Headers;
  /** The additional headers of a preflight response. */
  preflightFor(origin: string | undefined): Headers;
}

/** tRPC's response depends on `trpc-accept`, and its CORS headers on the origin. */
const noCors: Headers = { ...securityHeaders, vary: 'origin, trpc-accept' };

/** CORS with an exact list: other origins get no header, so their browsers reject the response. */
export function cors(origins: readonly string[]): Cors {
  const allowed = new Map<string, Headers>(
    origins.map((origin) => [
      origin,
      {
        ...noCors,
        'access-control-allow-origin': origin,
        'access-control-allow-credentials': 'true',
        'access-control-expose-headers': exposedHeaders,
        // Such a page may read the body although it has another origin.
        'cross-origin-resource-policy': 'cross-origin',
      },
    ]),
  );
  return {
    headersFor: (origin) => allowed.get(origin ?? '') ?? noCors,
    preflightFor: (origin): Record<string, string> =>
      allowed.has(origin ?? '')
        ? {
            'access-control-allow-methods': allowedMethods,
            'access-control-allow-headers': allowedHeaders,
            'access-control-max-age': preflightSeconds,
          }
        : {},
  };
}

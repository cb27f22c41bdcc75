import type { Budget } from '@alice/api';

type Headers = Readonly<Record<string, string>>;

/** On every response. The API answers JSON to programs: nothing may be framed, sniffed, scripted or kept. */
export const securityHeaders: Headers = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'strict-transport-security': 'max-age=31536000; includeSubDomains',
  'x-content-type-options': 'nosniff',
};

/** What a browser on another origin may read beside the body. */
const exposedHeaders =
  'x-request-id, retry-after, etag, location, content-disposition, ratelimit-limit, ratelimit-remaining, ratelimit-reset';
const allowedHeaders =
  'accept, authorization, content-type, idempotency-key, if-match, if-none-match, last-event-id, x-alice-session';
const allowedMethods = 'GET, POST, PATCH, PUT, DELETE';
const preflightSeconds = '7200';

/** Says what is left of a caller's budget: draft-ietf-httpapi-ratelimit-headers-03. */
export function addBudget(headers: Record<string, string>, { limit, remaining, resetSeconds }: Budget) {
  headers['ratelimit-limit'] = String(limit);
  headers['ratelimit-remaining'] = String(remaining);
  headers['ratelimit-reset'] = String(resetSeconds);
}

export interface Cors {
  /** The headers that every response to `origin` carries, those of `securityHeaders` among them. */
  headersFor(origin: string | undefined): Headers;
  /** The further headers of the answer to a preflight request. */
  preflightFor(origin: string | undefined): Headers;
}

/** tRPC answers by `trpc-accept`; whether another origin may read it depends on which. */
const noCors: Headers = { ...securityHeaders, vary: 'origin, trpc-accept' };

/** CORS by an exact list: an origin that is not on it gets no header, and its browser refuses. */
export function cors(origins: readonly string[]): Cors {
  const allowed = new Map<string, Headers>(
    origins.map((origin) => [
      origin,
      {
        ...noCors,
        'access-control-allow-origin': origin,
        'access-control-allow-credentials': 'true',
        'access-control-expose-headers': exposedHeaders,
        // Such a page may read the body although it comes from elsewhere.
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

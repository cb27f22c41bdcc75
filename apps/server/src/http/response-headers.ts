/** On every response. The API answers JSON to programs: nothing may be framed, sniffed, scripted or kept. */
export const securityHeaders: Readonly<Record<string, string>> = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'strict-transport-security': 'max-age=31536000; includeSubDomains',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
};

/** What a browser on another origin may read beside the body. */
const exposedHeaders = 'x-request-id, retry-after, etag';
const allowedHeaders = 'authorization, content-type, idempotency-key, if-match, if-none-match, last-event-id';
const allowedMethods = 'GET, POST, PATCH, PUT, DELETE';
const preflightSeconds = '7200';

export interface Cors {
  /** The headers for a response to `origin`. */
  headersFor(origin: string | undefined): Readonly<Record<string, string>>;
  /** The headers of the answer to a preflight request. */
  preflightFor(origin: string | undefined): Readonly<Record<string, string>>;
}

const vary = { vary: 'origin' };

/** CORS by an exact list: an origin that is not on it gets no header, and its browser refuses. */
export function cors(origins: readonly string[]): Cors {
  const allowed = new Map(
    origins.map((origin) => [
      origin,
      {
        ...vary,
        'access-control-allow-origin': origin,
        'access-control-allow-credentials': 'true',
        'access-control-expose-headers': exposedHeaders,
        // Such a page may read the body although it comes from elsewhere.
        'cross-origin-resource-policy': 'cross-origin',
      },
    ]),
  );
  const headersFor = (origin: string | undefined) => allowed.get(origin ?? '') ?? vary;
  return {
    headersFor,
    preflightFor: (origin) =>
      allowed.has(origin ?? '')
        ? {
            ...headersFor(origin),
            'access-control-allow-methods': allowedMethods,
            'access-control-allow-headers': allowedHeaders,
            'access-control-max-age': preflightSeconds,
          }
        : vary,
  };
}

import { DomainError, type RefreshCookie } from '@alice/api';
import { parse, serialize } from 'hono/utils/cookie';

/** The parts of a request that decide about its cookies. */
export interface CookieRequest {
  readonly path: string;
  header(name: string): string | undefined;
}

export interface SessionCookies {
  /**
   * Where the client keeps its refresh token. A web page requests a cookie session with a custom header, which foreign
   * pages cannot send without a preflight; an error if it comes from a foreign page anyway.
   */
  sessionIn(request: CookieRequest): 'body' | 'cookie' | DomainError;
  /** The refresh token in the cookie. Tokens that another host has set are ignored. */
  read(request: CookieRequest): string | null;
  /** The `Set-Cookie` headers that set or delete the cookies of the used transport. */
  write(request: CookieRequest, cookie: RefreshCookie): readonly string[];
}

/** The only path of each transport that gets the refresh token, and the name of the cookie that names its session. */
const transports = {
  rpc: { refreshPath: '/trpc/auth.refresh', mark: 'alice_session' },
  rest: { refreshPath: '/api/v1/auth/refresh', mark: 'alice_session_rest' },
} as const;
const transportOf = (path: string) => (path.startsWith('/trpc/') ? transports.rpc : transports.rest);

/**
 * Cookies for the site at `url`, and for pages of the same host and of `origins`. A sibling host can set a cookie for
 * the whole domain, even with the prefix `__Secure-`, and so sign a user in to another account. `__Host-` prevents
 * that, but would send the refresh token with every request. So a second cookie, which only this host can set, names
 * the session; a refresh token of another session is ignored.
 */
export function sessionCookies(url: string, origins: readonly string[]): SessionCookies {
  const { origin: own, protocol } = new URL(url);
  const isSecure = protocol === 'https:';
  // With this prefix, browsers reject a cookie that was set without TLS.
  const name = `${isSecure ? '__Secure-' : ''}alice_refresh`;
  const markOf = (path: string) => `${isSecure ? '__Host-' : ''}${transportOf(path).mark}`;
  const listed = new Set([own, ...origins]);

  return {
    sessionIn(request) {
      if (request.header('x-alice-session') !== 'cookie') return 'body';
      return isOurs(request, listed, protocol) ? 'cookie' : foreign();
    },
    read(request) {
      const { path } = request;
      const header = request.header('cookie');
      if (header === undefined) return null;
      const marked = parse(header, markOf(path))[markOf(path)];
      // Cookies with the same name for several paths and domains follow each other.
      const values = header.split(';').flatMap((pair) => parse(pair, name)[name] ?? []);
      const isOurs = (value: string) => [null, marked].includes(sessionOf(value));
      return values.find((value) => sessionOf(value) === marked) ?? values.find(isOurs) ?? null;
    },
    write({ path }, { value, maxAgeSeconds: maxAge }) {
      const common = { httpOnly: true, sameSite: 'Strict', secure: isSecure, maxAge } as const;
      return [
        serialize(name, value, { ...common, path: transportOf(path).refreshPath }),
        serialize(markOf(path), sessionOf(value) ?? '', { ...common, path: '/' }),
      ];
    },
  };
}

/** The session that a refresh token claims; its signature is checked later. Null if it is malformed. */
function sessionOf(token: string): string | null {
  try {
    const claims: unknown = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString());
    const isToken = typeof claims === 'object' && claims !== null && 'sid' in claims;
    return isToken && typeof claims.sid === 'string' ? claims.sid : null;
  } catch {
    return null;
  }
}

/**
 * Whether the request comes from one of our pages or from no page (OWASP CSRF Prevention: Fetch Metadata, then Origin).
 * Browsers report the origin truthfully; not all send `Sec-Fetch-Site`, and none without TLS.
 */
function isOurs(request: CookieRequest, listed: ReadonlySet<string>, protocol: string): boolean {
  const origin = request.header('origin');
  const site = request.header('sec-fetch-site');
  const host = request.header('host');
  if (origin !== undefined && listed.has(origin)) return true;
  if (site !== undefined && site !== 'same-origin') return false;
  // A proxy may have terminated TLS: then only the browser knows that it is the same origin.
  const isSameHost = site === 'same-origin' && origin?.replace(/^https?:\/\//, '') === host;
  return origin === undefined || isSameHost || origin === `${protocol}//${host}`;
}

function foreign(): DomainError {
  return new DomainError('FORBIDDEN', 'This origin is not allowed to use a cookie session');
}

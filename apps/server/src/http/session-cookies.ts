import { DomainError, type RefreshCookie } from '@alice/api';
import { parse, serialize } from 'hono/utils/cookie';

/** The part of a request that its cookies are judged by. */
export interface CookieRequest {
  readonly path: string;
  header(name: string): string | undefined;
}

export interface SessionCookies {
  /**
   * Where the client keeps its refresh token. A web page asks for a cookie with a header of ours, which no page of
   * another origin can send without having been allowed to; an error where it comes from such a page all the same.
   */
  sessionIn(request: CookieRequest): 'body' | 'cookie' | DomainError;
  /** The refresh token that came as a cookie. One that another host has planted is not there. */
  read(request: CookieRequest): string | null;
  /** Each `Set-Cookie` that gives or takes away the cookies of the transport that was used. */
  write(request: CookieRequest, cookie: RefreshCookie): readonly string[];
}

/** The one place of each transport that its refresh token is sent to, and the name of the cookie that marks its session. */
const transports = {
  rpc: { refreshPath: '/trpc/auth.refresh', mark: 'alice_session' },
  rest: { refreshPath: '/api/v1/auth/refresh', mark: 'alice_session_rest' },
} as const;
const transportOf = (path: string) => (path.startsWith('/trpc/') ? transports.rpc : transports.rest);

/**
 * Cookies for the site at `url`, whose pages are served from there, from where it was asked, and from `origins`.
 *
 * A sibling host may set a cookie for the whole domain, also under the prefix `__Secure-`, and so sign a person in as somebody
 * else. `__Host-` rules that out, but would send the refresh token along with every request. So a second cookie, which only
 * this host can set, names the session; a refresh token of another session does not count.
 */
export function sessionCookies(url: string, origins: readonly string[]): SessionCookies {
  const { origin: own, protocol } = new URL(url);
  const isSecure = protocol === 'https:';
  // The prefix makes browsers refuse one that a page without TLS has planted.
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
      // Cookies of one name for several paths and domains come one after the other.
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

/** The session that a refresh token says that it belongs to: whether that is true, its signature says. Null for what is none. */
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
 * Whether a page of ours, or no page at all, sent the request (OWASP CSRF Prevention: Fetch Metadata, then the origin).
 * A browser says truly which origin a page is from; `Sec-Fetch-Site` is not sent by all, nor to addresses without TLS.
 */
function isOurs(request: CookieRequest, listed: ReadonlySet<string>, protocol: string): boolean {
  const origin = request.header('origin');
  const site = request.header('sec-fetch-site');
  const host = request.header('host');
  if (origin !== undefined && listed.has(origin)) return true;
  if (site !== undefined && site !== 'same-origin') return false;
  // A proxy may have taken TLS away: then the browser knows that it is the same origin, and we do not.
  const isSameHost = site === 'same-origin' && origin?.replace(/^https?:\/\//, '') === host;
  return origin === undefined || isSameHost || origin === `${protocol}//${host}`;
}

function foreign(): DomainError {
  return new DomainError(
    'FORBIDDEN',
    'A page of another origin may not use a session in a cookie: its origin is not one of those that are listed',
  );
}

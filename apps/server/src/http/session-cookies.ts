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
  /** The refresh token that came as a cookie. */
  read(request: CookieRequest): string | null;
  /** The `Set-Cookie` that gives or takes away the cookie of the transport that was used. */
  write(request: CookieRequest, cookie: RefreshCookie): string;
}

/** The one place of each transport that the cookie is sent to. */
const rpcPath = '/trpc/auth.refresh';
const restPath = '/api/v1/auth/refresh';

/** Cookies for the site at `url`, whose pages are served from there, from where it was asked, and from `origins`. */
export function sessionCookies(url: string, origins: readonly string[]): SessionCookies {
  const { origin: own, protocol } = new URL(url);
  const isSecure = protocol === 'https:';
  // The prefix makes browsers refuse one that a page without TLS has planted.
  const name = `${isSecure ? '__Secure-' : ''}alice_refresh`;
  const listed = new Set([own, ...origins]);

  return {
    sessionIn(request) {
      if (request.header('x-alice-session') !== 'cookie') return 'body';
      return isOurs(request, listed, protocol) ? 'cookie' : foreign();
    },
    read(request) {
      const header = request.header('cookie');
      return header === undefined ? null : (parse(header, name)[name] ?? null);
    },
    write({ path }, { value, maxAgeSeconds }) {
      return serialize(name, value, {
        httpOnly: true,
        sameSite: 'Strict',
        secure: isSecure,
        path: path.startsWith('/trpc/') ? rpcPath : restPath,
        maxAge: maxAgeSeconds,
      });
    },
  };
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

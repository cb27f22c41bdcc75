import type { Context } from '../../context.ts';
import { DomainError, invalid } from '../../errors/domain-error.ts';

/** Where a sign-in gives its tokens: bare, or beside the user. */
type Tokens = { readonly refreshToken: string; readonly refreshTokenExpiresAt: string };

/** The reply to a sign-in for a page that keeps its session in a cookie: the refresh token goes there, and is null here. */
export function hideRefreshToken(ctx: Context, reply: unknown): unknown {
  if (isTokens(reply)) return moveToCookie(ctx, reply);
  if (typeof reply !== 'object' || reply === null || !('tokens' in reply) || !isTokens(reply.tokens)) return reply;
  return { ...reply, tokens: moveToCookie(ctx, reply.tokens) };
}

/** The refresh token of the cookie. Throws FORBIDDEN unless the page asked for it so, UNAUTHENTICATED where there is none. */
export function presentedToken({ request }: Context): string {
  const { sessionIn, refreshCookie } = request;
  if (sessionIn instanceof DomainError) throw sessionIn;
  if (sessionIn === 'body') {
    if (refreshCookie === null) throw invalid('refreshToken', 'is needed where no cookie brings it');
    throw new DomainError('FORBIDDEN', 'A session in a cookie needs the header x-alice-session: cookie');
  }
  if (refreshCookie === null) throw new DomainError('UNAUTHENTICATED', 'Nobody is signed in in this browser');
  return refreshCookie;
}

/** Takes the cookie away from a page that keeps its session there: the session has ended. */
export function dropRefreshCookie({ request }: Context): void {
  if (request.sessionIn === 'cookie') request.reply.refreshCookie = { value: '', maxAgeSeconds: 0 };
}

function moveToCookie<T extends Tokens>({ deps, request }: Context, tokens: T): T & { readonly refreshToken: null } {
  const leftMs = Date.parse(tokens.refreshTokenExpiresAt) - deps.clock.now().getTime();
  request.reply.refreshCookie = { value: tokens.refreshToken, maxAgeSeconds: Math.max(0, Math.floor(leftMs / 1000)) };
  return { ...tokens, refreshToken: null };
}

function isTokens(value: unknown): value is Tokens {
  return (
    typeof value === 'object' &&
    value !== null &&
    'refreshToken' in value &&
    typeof value.refreshToken === 'string' &&
    'refreshTokenExpiresAt' in value &&
    typeof value.refreshTokenExpiresAt === 'string'
  );
}

import type { Context } from '../../context.ts';
import { DomainError, invalid } from '../../errors/domain-error.ts';

/** The tokens of a sign-in: alone, or next to the user. */
type Tokens = { readonly refreshToken: string; readonly refreshTokenExpiresAt: string };

/** Moves the refresh token of a response into the cookie; in the response it is null. */
export function hideRefreshToken(ctx: Context, reply: unknown): unknown {
  if (isTokens(reply)) return moveToCookie(ctx, reply);
  if (typeof reply !== 'object' || reply === null || !('tokens' in reply) || !isTokens(reply.tokens)) return reply;
  return { ...reply, tokens: moveToCookie(ctx, reply.tokens) };
}

/**
 * The refresh token of the cookie. Throws FORBIDDEN if the request is not allowed to use it, UNAUTHENTICATED if there
 * is none.
 */
export function presentedToken({ request }: Context): string {
  const { sessionIn, refreshCookie } = request;
  if (sessionIn instanceof DomainError) throw sessionIn;
  if (sessionIn === 'body') {
    if (refreshCookie === null) throw invalid('refreshToken', 'is required, since there is no session cookie');
    throw new DomainError('FORBIDDEN', 'A cookie session requires the header x-alice-session: cookie');
  }
  if (refreshCookie === null) throw new DomainError('UNAUTHENTICATED', 'There is no session cookie: sign in first');
  return refreshCookie;
}

/** Clears the cookie of an ended session. */
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

const largestMarginMs = 5_000;

/** Foretells when access tokens end. */
export interface TokenTimer {
  /** Whether the token ends within seconds. The first question about a token starts its time. */
  isEnding(token: string): boolean;
}

/**
 * Measures a token's age with a monotonic clock from when it was first seen, against the lifetime that its own `iat`
 * and `exp` give. The device's wall clock, which may be hours off, has no part in it. A token that was stored before
 * this page began is thought younger than it is: then the server's UNAUTHENTICATED says so, at the price of one reply.
 */
export function createTokenTimer(now: () => number = () => performance.now()): TokenTimer {
  let seen: { readonly token: string; readonly endsAt: number } | undefined;
  return {
    isEnding(token) {
      if (seen?.token !== token) {
        const lifetime = lifetimeMs(token);
        seen = { token, endsAt: now() + lifetime - Math.min(largestMarginMs, lifetime / 4) };
      }
      return now() >= seen.endsAt;
    },
  };
}

/** How long a JWT is good for, by its own words; without end where it does not say. Its signature is the server's to check. */
function lifetimeMs(token: string): number {
  try {
    const [, payload = ''] = token.split('.');
    const claims: unknown = JSON.parse(atob(payload.replaceAll('-', '+').replaceAll('_', '/')));
    if (typeof claims === 'object' && claims !== null && 'iat' in claims && 'exp' in claims) {
      const lifetime = (Number(claims.exp) - Number(claims.iat)) * 1000;
      if (lifetime > 0) return lifetime;
    }
  } catch {
    // Not a JWT that we can read: the server will say when it has ended.
  }
  return Number.POSITIVE_INFINITY;
}

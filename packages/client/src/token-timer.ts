import { claimsOf } from './claims.ts';

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

/** How long a JWT is good for, by its own words; without end where it does not say: then the server will. */
function lifetimeMs(token: string): number {
  const { iat, exp } = claimsOf(token);
  const lifetime = (Number(exp) - Number(iat)) * 1000;
  return lifetime > 0 ? lifetime : Number.POSITIVE_INFINITY;
}

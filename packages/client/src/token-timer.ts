import { claimsOf } from './claims.ts';

const largestMarginMs = 5_000;

/** Predicts when access tokens expire. */
export interface TokenTimer {
  /** Whether the token expires within seconds. Its time starts with the first call for it. */
  isEnding(token: string): boolean;
}

/**
 * Measures a token's age with a monotonic clock from when it was first seen, against the lifetime in its `iat` and
 * `exp`. The device's clock, which may be wrong by hours, is not used. A token that was stored before this page started
 * seems younger than it is: then the server responds with UNAUTHENTICATED, which costs one request.
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

/** The lifetime of a JWT, from its claims; infinite if they are missing, since the server decides. */
function lifetimeMs(token: string): number {
  const { iat, exp } = claimsOf(token);
  const lifetime = (Number(exp) - Number(iat)) * 1000;
  return lifetime > 0 ? lifetime : Number.POSITIVE_INFINITY;
}

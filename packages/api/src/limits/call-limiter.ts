import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import { DomainError } from '../errors.ts';

/** What a caller may still do in this window. */
export interface Budget {
  /** Calls a window. */
  readonly limit: number;
  readonly remaining: number;
  /** Seconds until the window ends, rounded up. */
  readonly resetSeconds: number;
  /** The window's length in seconds. */
  readonly windowSeconds: number;
  /** This call was one too many. */
  readonly isUsedUp: boolean;
}

export interface CallLimiter {
  /** Counts one procedure call of a person. */
  countCall(userId: string): Promise<Budget>;
}

const windowSeconds = 60;

/** Counts calls, not requests: a batch of ten costs ten. Each process counts for itself. */
export function createCallLimiter(callsPerMinute: number): CallLimiter {
  const limiter = new RateLimiterMemory({ points: callsPerMinute, duration: windowSeconds });
  const toBudget = ({ remainingPoints, msBeforeNext }: RateLimiterRes, isUsedUp: boolean): Budget => ({
    limit: callsPerMinute,
    remaining: remainingPoints,
    resetSeconds: Math.ceil(msBeforeNext / 1000),
    windowSeconds,
    isUsedUp,
  });
  return {
    async countCall(userId) {
      try {
        return toBudget(await limiter.consume(userId), false);
      } catch (error) {
        if (error instanceof RateLimiterRes) return toBudget(error, true);
        throw error;
      }
    },
  };
}

/** TOO_MANY_REQUESTS, until the window ends. */
export function usedUp({ limit, resetSeconds, windowSeconds: seconds }: Budget): DomainError {
  return new DomainError(
    'TOO_MANY_REQUESTS',
    `At most ${limit} calls in ${seconds} seconds: come again in ${resetSeconds} s`,
    {
      retryAfterSeconds: resetSeconds,
    },
  );
}

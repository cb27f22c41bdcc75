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
}

export interface CallLimiter {
  /** Counts one procedure call of a person. Throws TOO_MANY_REQUESTS, with the budget, when the window's calls are used up. */
  countCall(userId: string): Promise<Budget>;
}

/** TOO_MANY_REQUESTS that knows the budget it ran out of. */
export class BudgetExceeded extends DomainError {
  readonly budget: Budget;

  constructor(budget: Budget) {
    super('TOO_MANY_REQUESTS', `At most ${budget.limit} calls in ${budget.windowSeconds} seconds`, {
      retryAfterSeconds: budget.resetSeconds,
    });
    this.budget = budget;
  }
}

const windowSeconds = 60;

/** Counts calls, not requests: a batch of ten costs ten. Each process counts for itself. */
export function createCallLimiter(callsPerMinute: number): CallLimiter {
  const limiter = new RateLimiterMemory({ points: callsPerMinute, duration: windowSeconds });
  const toBudget = ({ remainingPoints, msBeforeNext }: RateLimiterRes): Budget => ({
    limit: callsPerMinute,
    remaining: remainingPoints,
    resetSeconds: Math.ceil(msBeforeNext / 1000),
    windowSeconds,
  });
  return {
    async countCall(userId) {
      try {
        return toBudget(await limiter.consume(userId));
      } catch (error) {
        if (error instanceof RateLimiterRes) throw new BudgetExceeded(toBudget(error));
        throw error;
      }
    },
  };
}

import { LRUCache } from 'lru-cache';
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
  /** Counts one procedure call of a person. At once where nobody has to be asked: a promise costs each call. */
  countCall(userId: string): Budget | Promise<Budget>;
}

const windowSeconds = 60;
/** Of more people than these in a minute, those who were quiet longest begin anew. */
const mostPeople = 100_000;

interface Window {
  readonly endsAt: number;
  calls: number;
}

/**
 * Counts calls, not requests: a batch of ten costs ten. A window begins with a person's first call and lasts a minute.
 * Each process counts for itself.
 */
export function createCallLimiter(callsPerMinute: number, now: () => number = () => performance.now()): CallLimiter {
  const windows = new LRUCache<string, Window>({ max: mostPeople });
  return {
    countCall(userId) {
      const at = now();
      let window = windows.get(userId);
      if (window === undefined || window.endsAt <= at) {
        window = { endsAt: at + windowSeconds * 1000, calls: 0 };
        windows.set(userId, window);
      }
      window.calls += 1;
      return {
        limit: callsPerMinute,
        remaining: Math.max(callsPerMinute - window.calls, 0),
        // Fractions of milliseconds may add up to a little more than the window.
        resetSeconds: Math.min(Math.ceil((window.endsAt - at) / 1000), windowSeconds),
        windowSeconds,
        isUsedUp: window.calls > callsPerMinute,
      };
    },
  };
}

/** TOO_MANY_REQUESTS, until the window ends. */
export function usedUp({ limit, resetSeconds, windowSeconds: seconds }: Budget): DomainError {
  return new DomainError(
    'TOO_MANY_REQUESTS',
    `At most ${limit} calls in ${seconds} seconds: come again in ${resetSeconds} s`,
    { retryAfterSeconds: resetSeconds },
  );
}

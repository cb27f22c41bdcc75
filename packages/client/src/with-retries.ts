import type { AliceError } from './alice-error.ts';
import type { Call, Send } from './call.ts';
import { hasIdempotencyKey } from './idempotency-key.ts';
import { toAliceError } from './to-alice-error.ts';
import { pause } from './within.ts';

const firstBackoffMs = 250;
const longestBackoffMs = 4_000;
/** If the server asks for a longer wait, the call fails at once: the caller knows better what to do. */
const longestWaitMs = 30_000;

export interface RetryOptions {
  /** The maximum number of retries. */
  readonly retries: number;
  readonly mayRetry: (call: Call, error: AliceError) => boolean;
}

/** Retries safe calls, with backoff and not before the server's `Retry-After`. */
export function withRetries(send: Send, { retries, mayRetry }: RetryOptions): Send {
  return async (call) => {
    for (let attempt = 0; ; attempt += 1) {
      try {
        return await send(call);
      } catch (cause) {
        const error = toAliceError(cause);
        const isLast = attempt >= retries || (error.retryAfterMs ?? 0) > longestWaitMs;
        if (isLast || !mayRetry(call, error)) throw error;
        await pause(retryDelay(attempt, error.retryAfterMs, Math.random()), call.signal);
      }
    }
  };
}

/**
 * The delay before the next attempt in milliseconds: exponential backoff with full jitter (M. Brooker, "Exponential
 * Backoff And Jitter", 2015), added to the server's `Retry-After`, so that clients that were rejected together do not
 * return together. `random` is from 0 to 1.
 */
export function retryDelay(attempt: number, retryAfterMs: number | undefined, random: number): number {
  return (retryAfterMs ?? 0) + random * Math.min(longestBackoffMs, firstBackoffMs * 2 ** attempt);
}

/**
 * Queries and mutations with an idempotency key can be retried after any temporary error. Another mutation may have run
 * although its response was lost: it is retried only if `Retry-After` shows that nothing was changed.
 */
export function isSafeToRepeat(call: Call, error: AliceError): boolean {
  if (call.type === 'query') return isPassing(error);
  // In use: an earlier attempt is still running, and its response will be available soon.
  if (hasIdempotencyKey(call)) return isPassing(error) || error.code === 'IDEMPOTENCY_KEY_IN_USE';
  return (error.status === 429 || error.status === 503) && error.retryAfterMs !== undefined;
}

/** Whether the error is temporary. */
export function isPassing({ code, status }: AliceError): boolean {
  if (status === undefined) return code === 'NETWORK' || code === 'TIMEOUT';
  return status === 429 || status === 502 || status === 503 || status === 504;
}

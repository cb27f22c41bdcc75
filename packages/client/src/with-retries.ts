import type { AliceError } from './alice-error.ts';
import type { Call, Send } from './call.ts';
import { hasIdempotencyKey } from './idempotency-key.ts';
import { toAliceError } from './to-alice-error.ts';
import { pause } from './within.ts';

const firstBackoffMs = 250;
const longestBackoffMs = 4_000;
/** A server that asks for more than this gets its wish by the call failing now: the caller knows better what to do. */
const longestWaitMs = 30_000;

export interface RetryOptions {
  /** How often a call is tried again at most. */
  readonly retries: number;
  readonly mayRetry: (call: Call, error: AliceError) => boolean;
}

/** Tries again what may be tried again, after a growing random pause and not before the server allows it. */
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
 * How long to wait before the next attempt, in milliseconds: exponential backoff with full jitter (M. Brooker,
 * "Exponential Backoff And Jitter", 2015), on top of what the server asked for, so that those it refused together do
 * not come back together. `random` is 0 to 1.
 */
export function retryDelay(attempt: number, retryAfterMs: number | undefined, random: number): number {
  return (retryAfterMs ?? 0) + random * Math.min(longestBackoffMs, firstBackoffMs * 2 ** attempt);
}

/**
 * A query changes nothing, and a mutation with a key is done once however often it comes: both may follow any failure
 * that passes. Another mutation may have been done although its reply was lost: it is repeated only where the reply says
 * that nothing was done, and that is what `Retry-After` says.
 */
export function isSafeToRepeat(call: Call, error: AliceError): boolean {
  if (call.type === 'query') return isPassing(error);
  // In use: an earlier attempt is still being done, and its reply is to be had soon.
  if (hasIdempotencyKey(call)) return isPassing(error) || error.code === 'IDEMPOTENCY_KEY_IN_USE';
  return (error.status === 429 || error.status === 503) && error.retryAfterMs !== undefined;
}

/** Whether the same call may well succeed soon. */
export function isPassing({ code, status }: AliceError): boolean {
  if (status === undefined) return code === 'NETWORK' || code === 'TIMEOUT';
  return status === 429 || status === 502 || status === 503 || status === 504;
}

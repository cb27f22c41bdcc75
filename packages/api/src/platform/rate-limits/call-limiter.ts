import { LRUCache } from 'lru-cache';
import { DomainError } from '../../errors/domain-error.ts';
import { atMost } from './at-most.ts';
import { networkOf } from './network-of.ts';
import type { OpenWindows, Windows } from './windows.ts';

/** The rate limit state of a caller in the current window. */
export interface Budget {
  /** Calls per window. */
  readonly limit: number;
  readonly remaining: number;
  /** Seconds until the end of the window, rounded up. */
  readonly resetSeconds: number;
  /** The length of the window in seconds. */
  readonly windowSeconds: number;
  /** This call exceeds the limit. */
  readonly isUsedUp: boolean;
}

export interface CallLimiter {
  /**
   * Counts one call of a user, and of the API key if there is one, and returns the tighter budget. Synchronous when
   * possible, since a promise would slow down every call.
   */
  countCall(userId: string, apiKeyId?: string | null): Budget | Promise<Budget>;
  /** Counts one anonymous call, or one with invalid credentials. */
  countAnonymous(address: string | null): Budget | Promise<Budget>;
}

export interface CallLimits {
  /** Per user. Each API key has half of it, so that one program leaves enough for the rest. */
  readonly callsPerMinute: number;
  /** Per network, for anonymous callers; unlimited by default. */
  readonly anonymousPerMinute?: number;
  readonly now?: () => number;
  /** Windows shared between processes; by default each process counts separately. */
  readonly openWindows?: OpenWindows;
}

const windowSeconds = 60;
/** With more callers than this per minute, those that were idle longest are forgotten. */
const mostCallers = 100_000;
/** A process leases a twentieth of a shared window at a time, and asks again when that is used up. */
const shareOfLease = 20;
/** How long after a rejection the shared window is asked again: a new one may have started, or the store may be back. */
const askAgainMs = 1000;

/**
 * Counts calls, not requests: a batch of ten counts as ten. A window starts with a caller's first call and lasts a
 * minute.
 */
export function createCallLimiter(limits: CallLimits): CallLimiter {
  const { callsPerMinute, anonymousPerMinute = Number.MAX_SAFE_INTEGER } = limits;
  const countPerson = createCounter('u', callsPerMinute, limits);
  const countKey = createCounter('k', Math.ceil(callsPerMinute / 2), limits);
  const countNetwork = createCounter('n', anonymousPerMinute, limits);

  /** A call that exceeds the key's budget is not counted for its owner. */
  async function countBoth(ofKey: Budget | Promise<Budget>, userId: string): Promise<Budget> {
    const key = await ofKey;
    return key.isUsedUp ? key : tighter(key, await countPerson(userId));
  }

  return {
    countCall(userId, apiKeyId = null) {
      if (apiKeyId === null) return countPerson(userId);
      return countBoth(countKey(`${userId}:${apiKeyId}`), userId);
    },
    countAnonymous: (address) => countNetwork(networkOf(address)),
  };
}

interface Window {
  endsAt: number;
  calls: number;
  /** Calls that this process may accept. */
  granted: number;
  /** What was left in the shared window at the last request. */
  left: number;
  /** The shared window is known to be used up until then. */
  usedUpUntil: number;
  leasing: Promise<void> | null;
}

type Counter = (key: string) => Budget | Promise<Budget>;

function createCounter(
  name: string,
  limit: number,
  { now = () => performance.now(), openWindows }: CallLimits,
): Counter {
  const windows = new LRUCache<string, Window>(atMost(mostCallers));
  const shared = openWindows?.({ name, points: limit, seconds: windowSeconds });
  const chunk = Math.ceil(limit / shareOfLease);

  function current(key: string, at: number): Window {
    let window = windows.get(key);
    if (window === undefined || window.endsAt <= at) {
      const granted = shared === undefined ? limit : 0;
      window = { endsAt: at + windowSeconds * 1000, calls: 0, granted, left: 0, usedUpUntil: 0, leasing: null };
      windows.set(key, window);
    }
    return window;
  }

  function budget({ endsAt, granted, calls, left }: Window, at: number, isUsedUp: boolean): Budget {
    return {
      limit,
      remaining: granted - calls + left,
      // Rounding of milliseconds may exceed the window slightly.
      resetSeconds: Math.min(Math.ceil((endsAt - at) / 1000), windowSeconds),
      windowSeconds,
      isUsedUp,
    };
  }

  async function lease(window: Window, key: string, from: Windows): Promise<void> {
    const { granted, left, msUntilEnd } = await from.take(key, chunk);
    const at = now();
    window.granted += granted;
    window.left = left;
    window.endsAt = at + Math.max(msUntilEnd, 1);
    if (granted === 0) window.usedUpUntil = Math.min(window.endsAt, at + askAgainMs);
    window.leasing = null;
  }

  /** Concurrent callers share one lease; those for whom it was too small request the next one. */
  async function countAsking(key: string, from: Windows): Promise<Budget> {
    for (;;) {
      const at = now();
      const window = current(key, at);
      if (window.calls < window.granted) {
        window.calls += 1;
        return budget(window, at, false);
      }
      if (at < window.usedUpUntil) return budget(window, at, true);
      window.leasing ??= lease(window, key, from);
      await window.leasing;
    }
  }

  return (key) => {
    const at = now();
    const window = current(key, at);
    if (window.calls < window.granted) {
      window.calls += 1;
      return budget(window, at, false);
    }
    return shared === undefined || at < window.usedUpUntil ? budget(window, at, true) : countAsking(key, shared);
  };
}

function tighter(one: Budget, other: Budget): Budget {
  return other.isUsedUp || other.remaining < one.remaining ? other : one;
}

/** The TOO_MANY_REQUESTS error, until the window ends. */
export function usedUp({ limit, resetSeconds, windowSeconds: seconds }: Budget): DomainError {
  return new DomainError(
    'TOO_MANY_REQUESTS',
    `Rate limit of ${limit} calls per ${seconds} seconds exceeded: retry in ${resetSeconds} s`,
    { retryAfterSeconds: resetSeconds },
  );
}

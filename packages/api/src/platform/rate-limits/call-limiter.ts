import { LRUCache } from 'lru-cache';
import { DomainError } from '../../errors/domain-error.ts';
import { networkOf } from './network-of.ts';
import type { OpenWindows, Windows } from './windows.ts';

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
  /**
   * Counts one procedure call of a person, and of the API key that it came with. Gives the tighter budget: at once where
   * nobody has to be asked, since a promise costs each call.
   */
  countCall(userId: string, apiKeyId?: string | null): Budget | Promise<Budget>;
  /** Counts one call of nobody, or of somebody who could not show who they are. */
  countAnonymous(address: string | null): Budget | Promise<Budget>;
}

export interface CallLimits {
  /** Of a person. Each of their API keys has half of it, so that one program leaves enough for the rest. */
  readonly callsPerMinute: number;
  /** Of a network, by callers who do not say who they are; no limit unless told. */
  readonly anonymousPerMinute?: number;
  readonly now?: () => number;
  /** Shared between processes; each counts for itself unless told. */
  readonly openWindows?: OpenWindows;
}

const windowSeconds = 60;
/** Of more callers than these in a minute, those who were quiet longest begin anew. */
const mostCallers = 100_000;
/** Of a shared window a process takes a twentieth at once, and asks nobody until that is spent. */
const shareOfLease = 20;
/** So long after a refusal the shared window is asked again: it may have begun anew, or be back. */
const askAgainMs = 1000;

/** Counts calls, not requests: a batch of ten costs ten. A window begins with a caller's first call and lasts a minute. */
export function createCallLimiter(limits: CallLimits): CallLimiter {
  const { callsPerMinute, anonymousPerMinute = Number.MAX_SAFE_INTEGER } = limits;
  const countPerson = createCounter('u', callsPerMinute, limits);
  const countKey = createCounter('k', Math.ceil(callsPerMinute / 2), limits);
  const countNetwork = createCounter('n', anonymousPerMinute, limits);

  /** What a key has no budget for costs its owner nothing. */
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
  /** Calls that this process may let through. */
  granted: number;
  /** What was left in the shared window when it was last asked. */
  left: number;
  /** Until then the shared window is known to be used up. */
  usedUpUntil: number;
  leasing: Promise<void> | null;
}

type Counter = (key: string) => Budget | Promise<Budget>;

function createCounter(
  name: string,
  limit: number,
  { now = () => performance.now(), openWindows }: CallLimits,
): Counter {
  const windows = new LRUCache<string, Window>({ max: mostCallers });
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
      // Fractions of milliseconds may add up to a little more than the window.
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

  /** Those who come while a lease is under way share it, and those for whom it was too small ask for the next. */
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

/** TOO_MANY_REQUESTS, until the window ends. */
export function usedUp({ limit, resetSeconds, windowSeconds: seconds }: Budget): DomainError {
  return new DomainError(
    'TOO_MANY_REQUESTS',
    `At most ${limit} calls in ${seconds} seconds: come again in ${resetSeconds} s`,
    { retryAfterSeconds: resetSeconds },
  );
}

import { LRUCache } from 'lru-cache';
import { DomainError } from '../../errors/domain-error.ts';
import { atMost } from './at-most.ts';

/** The slot of a running call. */
export interface Place {
  /** The call has finished. */
  leave(): void;
  /**
   * The call failed because the service is unavailable: the waiting calls of its owner fail too, since each would wait
   * as long.
   */
  fail(error: unknown): void;
}

export interface ConcurrencyLimiter {
  /**
   * Acquires a slot for one more call of this owner: at once if a slot is free, otherwise when another call has
   * finished. Throws TOO_MANY_REQUESTS if that takes too long or too many calls are waiting, and CANCELLED if the
   * client has disconnected.
   */
  enter(owner: string, hasLeft?: () => boolean): Place | Promise<Place>;
  /** Runs low-priority work as soon as a slot is free, without a timeout. */
  run<T>(owner: string, work: () => Promise<T>): Promise<T>;
}

export interface ConcurrencyLimits {
  /**
   * The maximum number of concurrent calls per owner, and the minimum to which it is reduced if they are long and
   * others are served too.
   */
  readonly most: number;
  readonly least: number;
  /** Whether an owner who uses much more time than others is limited while there are others. */
  readonly isShared: boolean;
  readonly now?: () => number;
}

export const personConcurrency: ConcurrencyLimits = { most: 8, least: 1, isShared: true };
/** Many users may share one address. Calls before a sign-in are short, except for password hashing. */
export const networkConcurrency: ConcurrencyLimits = { most: 16, least: 16, isShared: false };

const mostWaiting = 200;
/** Together with the waits of the call itself (for a lock, a connection) a failure is reported within 3 s. */
const longestWaitMs = 1500;
const retryAfterSeconds = 1;
/** Past usage counts for a third after this time. */
const memoryMs = 2000;
/** An owner who was served this recently is regarded as active. */
const presentMs = 500;
/** Owners who have used less than a quarter of that time are never limited. */
const freeMs = 500;
/** Nor are owners who have used less than this multiple of the average of the others. */
const outOfProportion = 2;
/** Calls that take this multiple of the others' average get fewer slots, down to `least`. */
const longCall = 2;
/** The pause after each call, as a multiple of its duration: such an owner gets a third of one core at most. */
const restFactor = 2;
const longestRestMs = 1000;
const surveyMs = 100;
const mostOwners = 20_000;

interface Waiting {
  /** The deadline; null: none. */
  readonly until: number | null;
  /** Null after the wait: old tables of a Set can outlive its entries, and this references a whole request. */
  call: WaitingCall | null;
}

interface WaitingCall {
  readonly hasLeft: (() => boolean) | undefined;
  readonly admit: (place: Place) => void;
  readonly refuse: (error: unknown) => void;
}

interface Owner {
  running: number;
  readonly waiting: Set<Waiting>;
  /** The total milliseconds and number of calls, decaying, as of `usedAt`. */
  used: number;
  calls: number;
  usedAt: number;
  /** The recent average duration of a call. It is kept, since a program that pauses comes back with the same calls. */
  typicalMs: number;
  restsUntil: number;
  /** The end of the pause. */
  alarm: NodeJS.Timeout | undefined;
  /** The timer for the oldest waiting call: one timer per call would slow down every call. */
  deadline: NodeJS.Timeout | undefined;
  /** Its share of the total usage. */
  share: Share;
}

/** Usage: how many owners used how much time in how many calls, and when. */
interface Share {
  at: number;
  owners: number;
  used: number;
  calls: number;
}

const nothing: Share = { at: Number.NEGATIVE_INFINITY, owners: 0, used: 0, calls: 0 };

/**
 * Limits how much of the service one owner occupies. A few calls run at a time and the rest wait, so that a batch or a
 * loop is slowed down but not rejected. A single owner is never limited. While others are served too, an owner whose
 * calls take much more time than theirs gets one slot, with a pause after each call.
 */
export function createConcurrencyLimiter(limits: ConcurrencyLimits): ConcurrencyLimiter {
  const { most, least, isShared, now = () => performance.now() } = limits;
  const owners = new LRUCache<string, Owner>(atMost(mostOwners));
  /** Owners with a running or a very recent call. */
  const present = new Set<Owner>();
  let all = nothing;

  function find(name: string): Owner {
    let owner = owners.get(name);
    if (owner === undefined) {
      owner = {
        running: 0,
        waiting: new Set(),
        used: 0,
        calls: 0,
        usedAt: Number.NEGATIVE_INFINITY,
        typicalMs: 0,
        restsUntil: 0,
        alarm: undefined,
        deadline: undefined,
        share: nothing,
      };
      owners.set(name, owner);
    }
    return owner;
  }

  /** The decay factor of past usage. */
  function left(owner: Owner, at: number): number {
    return Math.exp((owner.usedAt - at) / memoryMs);
  }

  /** The recent usage of the other active owners, as of a moment ago. */
  function othersOf(owner: Owner, at: number): Omit<Share, 'at'> {
    if (at - all.at >= surveyMs) survey(at);
    const own = owner.share.at === all.at ? owner.share : nothing;
    return { owners: all.owners - own.owners, used: all.used - own.used, calls: all.calls - own.calls };
  }

  function survey(at: number): void {
    all = { at, owners: 0, used: 0, calls: 0 };
    for (const owner of present) {
      if (at - owner.usedAt > presentMs && owner.running === 0) {
        present.delete(owner);
        continue;
      }
      const still = left(owner, at);
      owner.share = { at, owners: 1, used: owner.used * still, calls: owner.calls * still };
      all.owners += 1;
      all.used += owner.share.used;
      all.calls += owner.share.calls;
    }
  }

  function isOutOfProportion(owner: Owner, at: number): boolean {
    const used = owner.used * left(owner, at);
    if (!isShared || used < freeMs) return false;
    const others = othersOf(owner, at);
    return others.owners > 0 && used * others.owners > outOfProportion * others.used;
  }

  function mostOf(owner: Owner, at: number): number {
    if (isOutOfProportion(owner, at)) return 1;
    if (!isShared || owner.running < least) return most;
    const others = othersOf(owner, at);
    if (others.owners === 0 || others.calls < 1) return most;
    // The duration is not known yet: two long calls do no lasting harm.
    if (owner.typicalMs === 0) return Math.min(most, Math.max(least, 2));
    const othersMs = Math.max(others.used / others.calls, 0.1);
    return Math.min(most, Math.max(least, Math.floor((most * longCall * othersMs) / owner.typicalMs)));
  }

  function placeOf(owner: Owner, startedAt: number): Place {
    owner.running += 1;
    present.add(owner);
    function leave(): void {
      const at = now();
      const took = at - startedAt;
      owner.running -= 1;
      const still = left(owner, at);
      owner.used = owner.used * still + took;
      owner.calls = owner.calls * still + 1;
      owner.usedAt = at;
      owner.typicalMs += (took - owner.typicalMs) / 8;
      if (owner.used >= freeMs && isOutOfProportion(owner, at))
        owner.restsUntil = at + Math.min(restFactor * took, longestRestMs);
      if (owner.waiting.size > 0) serve(owner, at);
    }
    return {
      leave,
      fail(error) {
        for (const next of owner.waiting) take(owner, next)?.refuse(error);
        leave();
      },
    };
  }

  function serve(owner: Owner, at: number): void {
    if (at < owner.restsUntil) {
      owner.alarm ??= setTimeout(() => {
        owner.alarm = undefined;
        serve(owner, now());
      }, owner.restsUntil - at).unref();
      return;
    }
    const limit = mostOf(owner, at);
    for (const next of owner.waiting) {
      if (owner.running >= limit) return;
      const call = take(owner, next);
      if (call?.hasLeft?.() === true) call.refuse(new DomainError('CANCELLED'));
      else call?.admit(placeOf(owner, at));
    }
  }

  /** Rejects calls that have waited too long. They are in order, so the first one is the next. */
  function refuseLate(owner: Owner): void {
    owner.deadline = undefined;
    const at = now();
    for (const next of owner.waiting) {
      const { until } = next;
      if (until === null) continue;
      if (until > at) {
        owner.deadline = setTimeout(refuseLate, until - at, owner).unref();
        return;
      }
      take(owner, next)?.refuse(tooMany());
    }
  }

  function wait(owner: Owner, hasLeft: (() => boolean) | undefined, waitMs: number | null): Promise<Place> {
    return new Promise((resolve, reject) => {
      const at = now();
      const until = waitMs === null ? null : at + waitMs;
      owner.waiting.add({ until, call: { hasLeft, admit: resolve, refuse: reject } });
      if (waitMs !== null) owner.deadline ??= setTimeout(refuseLate, waitMs, owner).unref();
      if (owner.running === 0) serve(owner, at);
    });
  }

  function tryEnter(owner: Owner): Place | undefined {
    const at = now();
    if (owner.waiting.size > 0 || at < owner.restsUntil || owner.running >= mostOf(owner, at)) return undefined;
    return placeOf(owner, at);
  }

  return {
    enter(name, hasLeft) {
      const owner = find(name);
      const place = tryEnter(owner);
      if (place !== undefined) return place;
      if (owner.waiting.size >= mostWaiting) throw tooMany();
      return wait(owner, hasLeft, longestWaitMs);
    },
    async run(name, work) {
      const owner = find(name);
      const place = tryEnter(owner) ?? (await wait(owner, undefined, null));
      try {
        return await work();
      } finally {
        place.leave();
      }
    },
  };
}

/** Removes a call from the queue. */
function take(owner: Owner, waiting: Waiting): WaitingCall | null {
  const { call } = waiting;
  owner.waiting.delete(waiting);
  waiting.call = null;
  return call;
}

function tooMany(): DomainError {
  return new DomainError('TOO_MANY_REQUESTS', 'Too many concurrent requests: send fewer at a time', {
    retryAfterSeconds,
  });
}

import { LRUCache } from 'lru-cache';
import { DomainError } from '../../errors/domain-error.ts';

/** A call's place among those that its owner has under way. */
export interface Place {
  /** The call is over. */
  leave(): void;
  /** It failed since nothing can be served right now: those of its owner who wait fail with it, as each would wait as long. */
  fail(error: unknown): void;
}

export interface ConcurrencyLimiter {
  /**
   * A place for one more call of this owner: at once if they have few enough under way, or else when another one is over.
   * Throws TOO_MANY_REQUESTS when that takes too long or too many wait already, and CANCELLED when the caller has left meanwhile.
   */
  enter(owner: string, hasLeft?: () => boolean): Place | Promise<Place>;
  /** Does a piece of work that nobody waits for impatiently, when there is a place. */
  run<T>(owner: string, work: () => Promise<T>): Promise<T>;
}

export interface ConcurrencyLimits {
  /** So many of one owner's calls run at once; and so few where they are long, and others are served, too. */
  readonly most: number;
  readonly least: number;
  /** Whether an owner who takes much more time than the others, while there are others, is held back. */
  readonly isShared: boolean;
  readonly now?: () => number;
}

export const personConcurrency: ConcurrencyLimits = { most: 8, least: 1, isShared: true };
/** Many people may stand behind one address; what they can call before they sign in is short, but for the hash of a password. */
export const networkConcurrency: ConcurrencyLimits = { most: 16, least: 16, isShared: false };

const mostWaiting = 200;
/** With what a call itself may wait for (a lock, a connection) it stays under the 3 s in which a caller hears of a failure. */
const longestWaitMs = 1500;
const retryAfterSeconds = 1;
/** What was used counts for a third after so long. */
const memoryMs = 2000;
/** An owner who was served this recently counts as present. */
const presentMs = 500;
/** Nobody is held back who has used less than a quarter of that time. */
const freeMs = 500;
/** Nor anybody who has used less than so many times of what the others have used on average. */
const outOfProportion = 2;
/** Calls that take so many times of what the others' take on average cost places, down to `least`. */
const longCall = 2;
/** After each call they rest so many times as long as it took: a third of one core is what they get, whatever they ask. */
const restFactor = 2;
const longestRestMs = 1000;
const surveyMs = 100;
const mostOwners = 20_000;

interface Waiting {
  /** When they are refused; null: never. */
  readonly until: number | null;
  /** Null once it is over: the old tables of a Set may outlive what it held, and this is a whole request. */
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
  /** Milliseconds that calls took, and how many they were, fading, as of `usedAt`. */
  used: number;
  calls: number;
  usedAt: number;
  /** How long a call takes, of late: kept, as a program that pauses comes back with the same calls. */
  typicalMs: number;
  restsUntil: number;
  /** The end of the rest. */
  alarm: NodeJS.Timeout | undefined;
  /** The end of the patience of whoever waits longest: a timer of each call would cost each call. */
  deadline: NodeJS.Timeout | undefined;
  /** Its part of what was used by all. */
  share: Share;
}

/** How many have used how much in how many calls, as of when. */
interface Share {
  at: number;
  owners: number;
  used: number;
  calls: number;
}

const nothing: Share = { at: Number.NEGATIVE_INFINITY, owners: 0, used: 0, calls: 0 };

/**
 * Bounds how much of the service one owner occupies. A few calls run at a time and the rest wait, so that a batch of ten or a
 * program in a loop is slowed down and not refused; nobody is held back who is alone. While others are served, too, an owner whose calls take much more time
 * than theirs gets one place, and a rest after each call.
 */
export function createConcurrencyLimiter(limits: ConcurrencyLimits): ConcurrencyLimiter {
  const { most, least, isShared, now = () => performance.now() } = limits;
  const owners = new LRUCache<string, Owner>({ max: mostOwners });
  /** Those with a call under way, or who had one a moment ago. */
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

  /** How much of what was used before still counts. */
  function left(owner: Owner, at: number): number {
    return Math.exp((owner.usedAt - at) / memoryMs);
  }

  /** What the others who are there have used of late, as of a moment ago. */
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
    // Nothing is known yet: two that turn out to be long do no harm that lasts.
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

  /** Refuses those who have waited too long. They stand in their order, so that the first is the next. */
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

/** Takes a call out of the queue. */
function take(owner: Owner, waiting: Waiting): WaitingCall | null {
  const { call } = waiting;
  owner.waiting.delete(waiting);
  waiting.call = null;
  return call;
}

function tooMany(): DomainError {
  return new DomainError('TOO_MANY_REQUESTS', 'Too many of your calls are under way: send fewer at once', {
    retryAfterSeconds,
  });
}

import { DomainError } from '@alice/api';

/** A large reply that its client has not wholly taken. */
export interface UntakenReply {
  /** The person, or the network of a caller who does not say who they are. */
  readonly owner: string;
  /** Bytes that the kernel has taken from us. */
  readonly taken: number;
  /** Bytes that it holds until it is wholly taken. */
  readonly held: number;
  /** Ends its connection at once. */
  cut(): void;
}

export interface ReplyLimitOptions {
  /** What one owner's replies may hold, beside the largest of them; from half of it on, further calls are refused. */
  readonly ownerBytes: number;
  /** What all replies of this process may hold. */
  readonly totalBytes: number;
  /** In each window of this length ... */
  readonly windowMs: number;
  /** ... a client takes this much, or is cut. */
  readonly windowBytes: number;
}

const megabyte = 1024 * 1024;

const standard: ReplyLimitOptions = {
  ownerBytes: 16 * megabyte,
  totalBytes: 128 * megabyte,
  windowMs: 30_000,
  // 32 kB/s. Less would cut clients that do read: the kernel reports room only when a third of its buffer is free again.
  windowBytes: megabyte,
};

const lookEveryMs = 1000;
const retryAfterSeconds = 5;

/** Where a reply stood at a moment. */
interface Mark {
  at: number;
  taken: number;
  readonly since: number;
}

/**
 * Bounds the memory of replies that are larger than a socket takes at once and wait for their clients: per owner, per
 * process and in time. Ordinary replies never come here.
 */
export class ReplyLimits {
  readonly #options: ReplyLimitOptions;
  readonly #replies = new Map<UntakenReply, Mark>();
  #timer: NodeJS.Timeout | undefined;

  constructor(options: Partial<ReplyLimitOptions> = {}) {
    this.#options = { ...standard, ...options };
  }

  /** To be asked before the work for a further reply is done. Throws BUSY while the owner has too much to take. */
  admit(owner: string): void {
    if (this.#replies.size > 0 && this.#besideLargest(owner) >= this.#options.ownerBytes / 2)
      throw new DomainError('BUSY', 'Earlier replies to you have not been read yet; nothing was done', {
        retryAfterSeconds,
      });
  }

  /** Takes in a reply that waits for its client. Cuts it where that is too much for its owner, or the slowest for all. */
  add(reply: UntakenReply): void {
    const now = performance.now();
    this.#replies.set(reply, { at: now, since: now, taken: reply.taken });
    // Those that came at the same moment were all admitted: the work is done, but none of it is held.
    if (this.#besideLargest(reply.owner) > this.#options.ownerBytes) this.#cut(reply);
    while (this.#held() > this.#options.totalBytes) this.#cut(this.#slowest(now));
    this.#timer ??= setInterval(() => this.#look(), lookEveryMs).unref();
  }

  /** It was taken to its end, or its connection is gone. */
  remove(reply: UntakenReply): void {
    this.#replies.delete(reply);
    if (this.#replies.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #besideLargest(owner: string): number {
    let [sum, largest] = [0, 0];
    for (const reply of this.#replies.keys()) {
      if (reply.owner !== owner) continue;
      sum += reply.held;
      largest = Math.max(largest, reply.held);
    }
    return sum - largest;
  }

  #held(): number {
    let sum = 0;
    for (const { held } of this.#replies.keys()) sum += held;
    return sum;
  }

  /** By bytes a second since the reply began; in its first second each counts as if that were over. */
  #slowest(now: number): UntakenReply {
    const rate = ([{ taken }, { since }]: [UntakenReply, Mark]) => taken / Math.max(now - since, 1000);
    const [first, ...others] = this.#replies;
    if (first === undefined) throw new Error('no reply is waiting');
    return others.reduce((slowest, other) => (rate(other) < rate(slowest) ? other : slowest), first)[0];
  }

  #look(): void {
    const { windowMs, windowBytes } = this.#options;
    const now = performance.now();
    for (const [reply, mark] of this.#replies) {
      if (now - mark.at < windowMs) continue;
      if (reply.taken - mark.taken < windowBytes) this.#cut(reply);
      else Object.assign(mark, { at: now, taken: reply.taken });
    }
  }

  #cut(reply: UntakenReply): void {
    this.remove(reply);
    reply.cut();
  }
}

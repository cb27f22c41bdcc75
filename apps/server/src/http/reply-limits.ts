import { DomainError } from '@alice/api';

/** A large response that its client has not read completely. */
export interface UntakenReply {
  /** The user, or the network of an anonymous caller. */
  readonly owner: string;
  /** Bytes that the kernel has accepted. */
  readonly taken: number;
  /** Bytes that it keeps in memory until it is read completely. */
  readonly held: number;
  /** Closes its connection at once. */
  cut(): void;
}

export interface ReplyLimitOptions {
  /**
   * The memory limit for one owner's responses, without the largest of them; from half of it on, further calls are
   * rejected.
   */
  readonly ownerBytes: number;
  /** The memory limit for all responses of this process. */
  readonly totalBytes: number;
  /** In each window of this length, … */
  readonly windowMs: number;
  /** … a client must read this much, or it is disconnected. */
  readonly windowBytes: number;
}

const megabyte = 1024 * 1024;

const standard: ReplyLimitOptions = {
  ownerBytes: 16 * megabyte,
  totalBytes: 128 * megabyte,
  windowMs: 30_000,
  // 32 kB/s. A higher rate would disconnect clients that do read: the kernel reports free space only when a third of
  // its buffer is free.
  windowBytes: megabyte,
};

const lookEveryMs = 1000;
const retryAfterSeconds = 5;

/** The progress of a response at one time. */
interface Mark {
  at: number;
  taken: number;
  readonly since: number;
}

/**
 * Limits the memory of responses that are larger than a socket accepts at once: per owner, per process and in time.
 * Ordinary responses never get here.
 */
export class ReplyLimits {
  readonly #options: ReplyLimitOptions;
  readonly #replies = new Map<UntakenReply, Mark>();
  #timer: NodeJS.Timeout | undefined;

  constructor(options: Partial<ReplyLimitOptions> = {}) {
    this.#options = { ...standard, ...options };
  }

  /** Call it before the work for a response. Throws BUSY if the owner has too many unread responses. */
  admit(owner: string): void {
    if (this.#replies.size > 0 && this.#besideLargest(owner) >= this.#options.ownerBytes / 2)
      throw new DomainError('BUSY', 'Too many unread responses: read the earlier responses first', {
        retryAfterSeconds,
      });
  }

  /**
   * Adds a response that waits for its client. Closes it if its owner exceeds the limit; closes the slowest responses
   * if all together exceed theirs.
   */
  add(reply: UntakenReply): void {
    const now = performance.now();
    this.#replies.set(reply, { at: now, since: now, taken: reply.taken });
    // Concurrent requests were all admitted: their work is done, but their responses are not kept in memory.
    if (this.#besideLargest(reply.owner) > this.#options.ownerBytes) this.#cut(reply);
    while (this.#held() > this.#options.totalBytes) this.#cut(this.#slowest(now));
    this.#timer ??= setInterval(() => this.#look(), lookEveryMs).unref();
  }

  /** The response was read completely, or its connection is closed. */
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

  /** By bytes per second since the start of the response; the first second counts as a whole one. */
  #slowest(now: number): UntakenReply {
    const rate = ([{ taken }, { since }]: [UntakenReply, Mark]) => taken / Math.max(now - since, 1000);
    const [first, ...others] = this.#replies;
    if (first === undefined) throw new Error('no response is waiting');
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

import { availableParallelism } from 'node:os';
import { hash, needsRehash, verify } from 'argon2';
import PQueue from 'p-queue';
import { DomainError } from '../../errors/domain-error.ts';

export interface PasswordHasher {
  /** Throws BUSY if the queue is full. Call it before any lookup, so that rejected requests of a flood cost little. */
  requireRoom(): void;
  /** The Argon2id hash of `password` in PHC string format. Throws BUSY if the queue is full. */
  hash(password: string): Promise<string>;
  /** Whether `hashed` is a hash of `password`. Throws BUSY if the queue is full. */
  verify(hashed: string, password: string): Promise<boolean>;
  /**
   * Costs as much as `verify` and never succeeds: for an address without an account. Throws BUSY if the queue is full.
   */
  verifyNobody(password: string): Promise<false>;
  /** Whether `hashed` was made with other parameters than the current ones. */
  isOutdated(hashed: string): boolean;
}

export interface PasswordHasherOptions {
  readonly memoryCost: number;
  readonly timeCost: number;
  readonly parallelism: number;
  /**
   * How many hashes run at once, at most one per core. Each uses one of libuv's few threads, which token checks need
   * too.
   */
  readonly concurrency: number;
  /** The maximum length of the queue. */
  readonly maxWaiting: number;
}

/** OWASP's Argon2id parameters: 19 MiB, two passes, one lane; 24 ms of one core. */
export const passwordHashing: PasswordHasherOptions = {
  memoryCost: 19_456,
  timeCost: 2,
  parallelism: 1,
  concurrency: 2,
  maxWaiting: 40,
};

/** Argon2id behind a bounded queue: a login flood is rejected early, so that it cannot starve other requests. */
export async function createPasswordHasher(options: PasswordHasherOptions): Promise<PasswordHasher> {
  const { memoryCost, timeCost, parallelism, concurrency, maxWaiting } = options;
  // Argon2id is the library's default.
  const parameters = { memoryCost, timeCost, parallelism };
  const queue = new PQueue({ concurrency: Math.min(concurrency, availableParallelism()) });
  const nobody = await hash('nobody has this password', parameters);

  function requireRoom(): void {
    if (queue.size >= maxWaiting)
      throw new DomainError('BUSY', 'Too many concurrent sign-ins: retry later', { retryAfterSeconds: 1 });
  }

  async function enqueue<T>(work: () => Promise<T>): Promise<T> {
    requireRoom();
    return queue.add(work);
  }

  return {
    requireRoom,
    hash: (password) => enqueue(() => hash(password, parameters)),
    verify: (hashed, password) => enqueue(() => verify(hashed, password)),
    verifyNobody: async (password) => {
      await enqueue(() => verify(nobody, password));
      return false;
    },
    isOutdated: (hashed) => needsRehash(hashed, parameters),
  };
}

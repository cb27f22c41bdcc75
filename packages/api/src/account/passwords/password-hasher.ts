import { availableParallelism } from 'node:os';
import { hash, needsRehash, verify } from 'argon2';
import PQueue from 'p-queue';
import { DomainError } from '../../errors/domain-error.ts';

export interface PasswordHasher {
  /** Throws BUSY when too many wait: asked before anything is looked up, so that what a flood is refused costs little. */
  requireRoom(): void;
  /** The argon2id hash of `password` in PHC string format. Throws BUSY when too many wait. */
  hash(password: string): Promise<string>;
  /** Whether `password` made `hashed`. Throws BUSY when too many wait. */
  verify(hashed: string, password: string): Promise<boolean>;
  /** Costs what `verify` costs and is never true: for an address that has no account. Throws BUSY likewise. */
  verifyNobody(password: string): Promise<false>;
  /** Whether `hashed` was made with other parameters than today's. */
  isOutdated(hashed: string): boolean;
}

export interface PasswordHasherOptions {
  readonly memoryCost: number;
  readonly timeCost: number;
  readonly parallelism: number;
  /**
   * How many hashes run at once, at most one a core. Each holds one of libuv's few threads, which token checks need too.
   */
  readonly concurrency: number;
  /** How many may wait for their turn; the next is refused at once. */
  readonly maxWaiting: number;
}

/** OWASP's argon2id parameters: 19 MiB, two passes, one lane; 24 ms of one core. */
export const passwordHashing: PasswordHasherOptions = {
  memoryCost: 19_456,
  timeCost: 2,
  parallelism: 1,
  concurrency: 2,
  maxWaiting: 40,
};

/** Argon2id behind a bounded queue: a login flood is refused early instead of starving everybody else. */
export async function createPasswordHasher(options: PasswordHasherOptions): Promise<PasswordHasher> {
  const { memoryCost, timeCost, parallelism, concurrency, maxWaiting } = options;
  // Argon2id is the library's own default type.
  const parameters = { memoryCost, timeCost, parallelism };
  const queue = new PQueue({ concurrency: Math.min(concurrency, availableParallelism()) });
  const nobody = await hash('nobody has this password', parameters);

  function requireRoom(): void {
    if (queue.size >= maxWaiting) throw new DomainError('BUSY', 'Too many sign-ins at once', { retryAfterSeconds: 1 });
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

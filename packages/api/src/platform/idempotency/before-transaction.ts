import type { Database } from '@alice/db';

/**
 * Runs `work` on the pool, before the transaction of a mutation with an idempotency key begins. Throws once it has
 * begun.
 */
export type RunBefore = <T>(work: (db: Database) => Promise<T>) => Promise<T>;

/** The part of a context that it changes. */
interface Transacting {
  readonly deps: { readonly db: Database };
  /** Set if `deps.db` is the transaction of a mutation with an idempotency key. */
  readonly runBefore?: RunBefore | undefined;
}

/**
 * Runs work that waits for something other than the database (a hash, Redis, a signature). With an idempotency key,
 * everything else in a mutation is one transaction, which begins with its first statement: call this before that. If
 * the key has a stored response, that response is returned and `work` is not run.
 */
export function beforeTransaction<Ctx extends Transacting, T>(ctx: Ctx, work: (ctx: Ctx) => Promise<T>): Promise<T> {
  if (ctx.runBefore === undefined) return work(ctx);
  return ctx.runBefore((db) => work({ ...ctx, deps: { ...ctx.deps, db } }));
}

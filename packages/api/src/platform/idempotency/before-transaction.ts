import type { Database } from '@alice/db';

/** Runs `work` on the pool, before the transaction of a keyed mutation begins. Throws once it has begun. */
export type RunBefore = <T>(work: (db: Database) => Promise<T>) => Promise<T>;

/** The part of a context that it changes. */
interface Transacting {
  readonly deps: { readonly db: Database };
  /** Given where `deps.db` is the transaction of a keyed mutation. */
  readonly runBefore?: RunBefore | undefined;
}

/**
 * Does what waits for something other than the database (a hash, Redis, a signature). Under an idempotency key all else
 * that a mutation does is one transaction, which begins with its first statement: call this before that. Where the key
 * has a stored response already, that answers the call, and `work` is not run.
 */
export function beforeTransaction<Ctx extends Transacting, T>(ctx: Ctx, work: (ctx: Ctx) => Promise<T>): Promise<T> {
  if (ctx.runBefore === undefined) return work(ctx);
  return ctx.runBefore((db) => work({ ...ctx, deps: { ...ctx.deps, db } }));
}

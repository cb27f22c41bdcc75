import { awaitCommit } from './after-commit.ts';
import type { Database, RunQuery, Transaction } from './database.ts';

/** A transaction that begins with its first statement and ends with `commit` or `rollBack`. */
export interface DeferredTransaction {
  /** What runs on it is part of the transaction, and begins it. It has no Prisma client and cannot be closed. */
  readonly database: Database;
  readonly hasBegun: boolean;
  /** Runs `last` in the transaction, which begins for it where nothing has run yet, and commits. */
  commit(last: (tx: Transaction) => Promise<void>): Promise<void>;
  /** Takes back whatever was done. Never throws. */
  rollBack(reason: unknown): Promise<void>;
}

/**
 * For work of which not all is the database's: what it waits for before its first statement here holds no connection.
 * `onBegin` is the first part of the transaction; where it throws, so does each statement.
 */
export function deferTransaction(db: Database, onBegin: (tx: Transaction) => Promise<void>): DeferredTransaction {
  const last = Promise.withResolvers<(tx: Transaction) => Promise<void>>();
  let begun: Promise<Transaction> | undefined;
  let ended: Promise<void> = Promise.resolve();

  function begin(): Promise<Transaction> {
    begun ??= new Promise((resolve, reject) => {
      ended = db.transaction(async (tx) => {
        await onBegin(tx);
        resolve(tx);
        await (await last.promise)(tx);
      });
      ended.catch(reject);
    });
    return begun;
  }

  const query: RunQuery = async (statement, values) => (await begin()).query(statement, values);
  const committed = awaitCommit(query);
  // No copy: it also says which of its properties may not be used within a transaction.
  const database: Database = Object.create(db, {
    query: { value: query },
    transaction: { value: async <T>(work: (tx: Transaction) => Promise<T>) => work(await begin()) },
    prisma: { get: refuse },
    close: { value: refuse },
    [Symbol.asyncDispose]: { value: refuse },
  });

  return {
    database,
    get hasBegun() {
      return begun !== undefined;
    },
    async commit(work) {
      last.resolve(work);
      await begin();
      await ended;
      committed();
    },
    async rollBack(reason) {
      last.promise.catch(() => undefined);
      last.reject(reason);
      await ended.catch(() => undefined);
    },
  };
}

function refuse(): never {
  throw new Error('not within a transaction: use `query`');
}

import { awaitCommit } from './after-commit.ts';
import type { Database, RunQuery, Transaction } from './database.ts';
import { prismaIn, scopeOf } from './prisma-scope.ts';

/** A transaction that begins with its first statement and ends with `commit` or `rollBack`. */
export interface DeferredTransaction {
  /** Its statements, also those of Prisma, are part of the transaction; the first one begins it. It cannot be closed. */
  readonly database: Database;
  readonly hasBegun: boolean;
  /** Runs `last` in the transaction (which begins now if nothing has run yet), and commits. */
  commit(last: (tx: Transaction) => Promise<void>): Promise<void>;
  /** Rolls everything back. Never throws. */
  rollBack(reason: unknown): Promise<void>;
}

/**
 * For work that also waits for other things than the database: waiting before the first statement holds no connection.
 * `onBegin` is the first part of the transaction; if it throws, so does each statement.
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
  // Not a copy: it also defines which properties must not be used in a transaction.
  const database: Database = Object.create(db, {
    query: { value: query },
    transaction: { value: async <T>(work: (tx: Transaction) => Promise<T>) => work(await begin()) },
    prisma: { get: () => prismaIn({ run: async (statement) => scopeOf(await begin()).run(statement) }, db.prisma) },
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
  throw new Error('a transaction cannot close the database');
}

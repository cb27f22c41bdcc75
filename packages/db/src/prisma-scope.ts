import { AsyncLocalStorage } from 'node:async_hooks';

import type pg from 'pg';

import type { Transaction } from './database.ts';
import type { PrismaClient } from './generated/client.ts';

/** Where the statements of a Prisma client run: for a caller, or in a transaction. */
export interface StatementScope {
  run(statement: pg.QueryConfig): Promise<pg.QueryResult>;
}

const transactions = new WeakMap<Transaction, StatementScope>();

/** The scope of a transaction. */
export function scopeOf(tx: Transaction): StatementScope {
  const scope = transactions.get(tx);
  if (scope === undefined) throw new TypeError('not a transaction from Database.transaction()');
  return scope;
}

export function setScope(tx: Transaction, scope: StatementScope): void {
  transactions.set(tx, scope);
}

/** Prisma has one client and one adapter: this tells the pool for which scope the adapter calls it. */
const scopes = new AsyncLocalStorage<StatementScope | undefined>();

/** The scope of the Prisma call that is running; undefined for the process's own work. */
export function currentScope(): StatementScope | undefined {
  return scopes.getStore();
}

/**
 * Runs a statement of Prisma's adapter in the scope of its call, or with `ownWork`. What runs it sees no scope: a
 * connection that is opened in one would keep it, and its caller, as long as it is open.
 */
export function runInScope(
  statement: pg.QueryConfig,
  ownWork: (statement: pg.QueryConfig) => Promise<pg.QueryResult>,
): Promise<pg.QueryResult> {
  const scope = scopes.getStore();
  return scope === undefined ? ownWork(statement) : scopes.run(undefined, () => scope.run(statement));
}

/** The same client, whose statements run in `scope`, also if they ran in another one. */
export function prismaIn(scope: StatementScope, prisma: PrismaClient): PrismaClient {
  const scoped = prisma.$extends({
    client: { $transaction: refuseTransaction },
    query: {
      $allOperations: ({ operation, args, query }) => {
        // Prisma merges the findUnique of one turn into one statement, also those of different callers.
        if (operation.startsWith('findUnique')) throw new TypeError(`use findFirst instead of ${operation}`);
        return scopes.run(scope, async () => await query(args));
      },
    },
  });
  return asPrismaClient(scoped);
}

/** The guarantee: the extension adds nothing and removes only what it refuses at run time. */
function asPrismaClient(scoped: unknown): PrismaClient {
  return scoped as PrismaClient;
}

/** A nested write or `$transaction` would take a connection of its own, which belongs to no scope. */
export function refusedTransaction(): TypeError {
  return new TypeError('use `Database.transaction`: it takes turns, and its Prisma client is part of it');
}

function refuseTransaction(): never {
  throw refusedTransaction();
}

import { PrismaPg } from '@prisma/adapter-pg';
import type pg from 'pg';

import { awaitCommit } from './after-commit.ts';
import type { Database, RunQuery, Transaction } from './database.ts';
import { PrismaClient } from './generated/client.ts';
import { createIdleGuard, noGuard } from './idle-guard.ts';
import { type Caller, isServerError, leavesConnectionUsable, type SteadyPool } from './pool.ts';
import { prismaIn, type StatementScope, setScope } from './prisma-scope.ts';
import type { Statement, UnnamedStatement } from './statement.ts';
import { statementNames } from './statement-names.ts';
import { wireTypes } from './wire.ts';

const PING_TIMEOUT_MS = 1_000;
const CLOSE_TIMEOUT_MS = 5_000;

const pools = new WeakMap<Database, SteadyPool>();

/** Distinguishes our view of a database from a copy of it with other parts. */
const itself = Symbol('itself');

interface OwnView extends Database {
  [itself]: Database | null;
}

/** The pool of a database, for the migrations of this package: they need their own connection and raw SQL. */
export function poolOf(database: Database): SteadyPool {
  const pool = pools.get(database);
  if (pool === undefined) throw new TypeError('not a database from openDatabase()');
  return pool;
}

/**
 * The guarantee: `Row` is what the caller's SQL selects; the compiler cannot check PostgreSQL's result. A text with
 * several statements (and no values) returns the rows of all of them, in order.
 */
function rowsAs<Row>(result: pg.QueryResult | pg.QueryResult[]): Row[] {
  return (Array.isArray(result) ? result.flatMap(({ rows }) => rows) : result.rows) as Row[];
}

/** pg only reads `values`, although its types allow more. */
function toConfig(statement: Statement | UnnamedStatement, values: readonly unknown[]): pg.QueryConfig {
  const config: pg.QueryConfig = { text: statement.text, values: values as unknown[], types: wireTypes };
  if (statement.name !== undefined) config.name = statement.name;
  return config;
}

async function within<T>(ms: number, work: Promise<T>, failure: () => Error): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(failure()), ms);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Runs `work` in a transaction on one connection: commits or rolls back, and releases the connection in every case. */
async function runTransaction<T>(
  pool: SteadyPool,
  caller: Caller | undefined,
  prisma: () => PrismaClient,
  work: (tx: Transaction) => Promise<T>,
): Promise<T> {
  const client = await pool.acquire(caller);
  let open = true;
  let broken = false;
  let guard = noGuard;
  const run = (config: pg.QueryConfig): Promise<pg.QueryResult> => {
    // A query that was not awaited must not run in the next transaction on this connection.
    if (!open) throw new Error('the transaction is over: a query in it was not awaited');
    return guard.during(() => client.query(config));
  };
  const query: RunQuery = async <Row>(statement: Statement<Row> | UnnamedStatement, values: readonly unknown[]) =>
    rowsAs<Row>(await run(toConfig(statement, values)));
  const committed = awaitCommit(query);
  try {
    await client.query('BEGIN ISOLATION LEVEL READ COMMITTED');
    if (pool.refusesIdleTransactions) guard = createIdleGuard();
    const result = await work(transactionOver(query, { run }, prisma));
    guard.check();
    open = false;
    const { command } = await client.query('COMMIT');
    // PostgreSQL responds to COMMIT of a failed transaction with ROLLBACK, without an error.
    if (command === 'ROLLBACK')
      throw new Error('rolled back: a statement of the transaction failed and its error was ignored');
    committed();
    return result;
  } catch (error) {
    open = false;
    broken = isServerError(error) && !leavesConnectionUsable(error);
    try {
      if (client.getTransactionStatus() !== 'I') await client.query('ROLLBACK');
    } catch {
      broken = true;
    }
    throw isServerError(error) ? pool.reasonOf(client, error) : error;
  } finally {
    guard.end();
    client.release(broken);
  }
}

/** A nested transaction is part of the outer one: an error in it fails the whole. */
function transactionOver(query: RunQuery, scope: StatementScope, prisma: () => PrismaClient): Transaction {
  const refuse = (): never => {
    throw new Error('a transaction cannot close the database');
  };
  const tx: Transaction = {
    query,
    database: {
      get prisma() {
        return prismaIn(scope, prisma());
      },
      query,
      transaction: (work) => work(tx),
      for: () => tx.database,
      ping: async () => {
        await query({ text: 'SELECT 1' }, []);
      },
      close: refuse,
      [Symbol.asyncDispose]: refuse,
    },
  };
  setScope(tx, scope);
  return tx;
}

/** The implementation of `Database`: a pool, and `release` for everything else that it holds. */
export function databaseOver(pool: SteadyPool, release: () => Promise<void>): Database {
  let client: PrismaClient | undefined;
  /** Built at its first use: a process that needs none saves its time and memory. */
  const prisma = (): PrismaClient =>
    (client ??= new PrismaClient({
      adapter: new PrismaPg(pool, { statementNameGenerator: statementNames() }),
      transactionOptions: { maxWait: 2_000, timeout: 5_000 },
    }));

  async function close(): Promise<void> {
    const drained = pool.end();
    try {
      await within(CLOSE_TIMEOUT_MS, drained, () => new Error('running statements did not finish'));
    } catch {
      pool.cutAll(new Error('the database is closing'));
      await within(1_000, drained, () => new Error('connections did not close')).catch(() => undefined);
    }
    await client?.$disconnect();
    await release();
  }
  let closing: Promise<void> | undefined;
  const closeOnce = (): Promise<void> => (closing ??= close());

  const ping = (): Promise<void> =>
    within(
      PING_TIMEOUT_MS,
      pool.run({ text: 'SELECT 1' }).then(() => undefined),
      // Known by its code, as a lost socket is: a text may be reworded.
      () => Object.assign(new Error('the database did not respond to a ping'), { code: 'ETIMEDOUT' }),
    );

  /** Created for each call of each user, so it is cheap: two functions and an object, without a prototype chain. */
  function seenBy(caller: Caller | undefined): OwnView {
    const view: OwnView = {
      get prisma() {
        return caller === undefined ? prisma() : prismaIn({ run: (config) => pool.run(config, caller) }, prisma());
      },
      query: async <Row>(statement: Statement<Row> | UnnamedStatement, values: readonly unknown[]) =>
        rowsAs<Row>(await pool.run(toConfig(statement, values), caller)),
      transaction: (work) => runTransaction(pool, caller, prisma, work),
      for: viewFor,
      ping,
      close: closeOnce,
      [Symbol.asyncDispose]: closeOnce,
      [itself]: null,
    };
    view[itself] = view;
    return view;
  }
  /** Overrides on a database, as in tests, must not be bypassed: a copy of a view is not the view. */
  function viewFor(this: Database, caller: Caller): Database {
    return itself in this && this[itself] === this ? seenBy(caller) : this;
  }
  const database = seenBy(undefined);
  pools.set(database, pool);
  return database;
}

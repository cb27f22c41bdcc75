import type { PrismaClient } from './generated/client.ts';
import type { Caller } from './pool.ts';

/** What this package says about itself while it runs; pino's logger fits. */
export interface DatabaseLog {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

export interface Statement {
  /** Makes it a prepared statement, parsed once per connection. One name always stands for one text. */
  readonly name?: string;
  readonly text: string;
}

/** Runs one statement. Rows come in wire form, see `wire.ts`; `Row` is the caller's word for the columns it selects. */
export type RunQuery = <Row>(statement: Statement, values: readonly unknown[]) => Promise<Row[]>;

export interface Transaction {
  readonly query: RunQuery;
  /** The database seen from within: what runs on it is part of this transaction. It has no Prisma client and cannot be closed. */
  readonly database: Database;
}

export interface Database extends AsyncDisposable {
  /** Over the same pool as `query`. */
  readonly prisma: PrismaClient;
  /** One statement on the shared pool. */
  query<Row>(statement: Statement, values: readonly unknown[]): Promise<Row[]>;
  /**
   * Runs `work` in one READ COMMITTED transaction on one connection and commits it; rolls back and rethrows when
   * `work` throws. Inside `work` use `tx` only: the pool may have no second connection to give.
   */
  transaction<T>(work: (tx: Transaction) => Promise<T>): Promise<T>;
  /**
   * The same database for the work of one caller: its statements and transactions take turns with those of other owners, and are
   * cancelled when the caller has left or has used a connection for too long. Within a transaction it is that transaction.
   */
  for(caller: Caller): Database;
  /** Resolves when the database answers within 1 s, else throws. */
  ping(): Promise<void>;
  /** Refuses new work, waits up to 5 s for what is running, then cuts it off. Idempotent. */
  close(): Promise<void>;
}

interface Timeouts {
  /** How long a caller waits for a connection, be it a free one or a new one. 1500 ms. */
  readonly acquireTimeoutMs?: number;
  /** PostgreSQL's `statement_timeout`. 10 s. */
  readonly statementTimeoutMs?: number;
  /** PostgreSQL's `lock_timeout`. 1250 ms: with the acquire timeout it stays under the 3 s a caller is promised. */
  readonly lockTimeoutMs?: number;
  /** PostgreSQL's `idle_in_transaction_session_timeout`. 10 s. */
  readonly idleInTransactionMs?: number;
  /** Fail a transaction that waits for something other than the database: for development and tests. False. */
  readonly refuseIdleTransactions?: boolean;
  /** Whether a database that is silent for some seconds is given up. True; not for a copy, which may outlast a busy machine. */
  readonly isWatched?: boolean;
  readonly log?: DatabaseLog;
}

/** A PostgreSQL server. */
export type PostgresOptions = Timeouts & { readonly url: string; readonly poolSize?: number };
/** A PostgreSQL of our own, in `<dataDir>/postgresql`. */
export type EmbeddedOptions = Timeouts & {
  readonly dataDir: string;
  readonly poolSize?: number;
  /** An unpacked package of PostgreSQL's programs, for another major version than the one installed. */
  readonly binaries?: string;
};

export type DatabaseOptions = PostgresOptions | EmbeddedOptions;

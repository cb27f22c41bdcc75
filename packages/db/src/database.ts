import type { DirectoryOptions, OwnedDirectory } from './embedded/own-directory.ts';
import type { PrismaClient } from './generated/client.ts';
import type { Caller } from './pool.ts';
import type { Statement, UnnamedStatement } from './statement.ts';

/** The log of this package; a pino logger fits. */
export interface DatabaseLog {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** Runs one statement. Rows are in wire form, see `wire.ts`. */
export type RunQuery = <Row>(
  statement: Statement<Row> | UnnamedStatement,
  values: readonly unknown[],
) => Promise<Row[]>;

export interface Transaction {
  readonly query: RunQuery;
  /** The database in a transaction: its statements, also those of Prisma, are part of it. It cannot be closed. */
  readonly database: Database;
}

export interface Database extends AsyncDisposable {
  /**
   * Prisma Client on the same pool: it takes the same turns as `query`, is cancelled like it, and in a transaction is
   * part of it. Built at its first use. It costs more than `query`: docs/architecture.md says where it serves.
   */
  readonly prisma: PrismaClient;
  /** One statement on the shared pool. */
  query<Row>(statement: Statement<Row> | UnnamedStatement, values: readonly unknown[]): Promise<Row[]>;
  /**
   * Runs `work` in one READ COMMITTED transaction on one connection and commits it; rolls back and rethrows if `work`
   * throws. Use only `tx` in `work`: the pool may have no second connection.
   */
  transaction<T>(work: (tx: Transaction) => Promise<T>): Promise<T>;
  /**
   * The same database for one caller: its statements and transactions take turns with those of other owners, and are
   * cancelled when the caller has disconnected or has used a connection for too long. In a transaction it is that
   * transaction.
   */
  for(caller: Caller): Database;
  /** Resolves if the database responds within 1 s; throws otherwise. */
  ping(): Promise<void>;
  /** Rejects new work, waits up to 5 s for running work, then closes all connections. Idempotent. */
  close(): Promise<void>;
}

interface Timeouts {
  /** How long a caller waits for a connection, free or new. 1500 ms. */
  readonly acquireTimeoutMs?: number;
  /** PostgreSQL's `statement_timeout`. 10 s. */
  readonly statementTimeoutMs?: number;
  /**
   * PostgreSQL's `lock_timeout`. 1250 ms: with the acquire timeout, it is less than the 3 s within which a call must
   * fail.
   */
  readonly lockTimeoutMs?: number;
  /** PostgreSQL's `idle_in_transaction_session_timeout`. 10 s. */
  readonly idleInTransactionMs?: number;
  /** Fail transactions that wait for something other than the database: for development and tests. False. */
  readonly refuseIdleTransactions?: boolean;
  /**
   * Whether connections are closed if the database is silent for some seconds. True; not for copies, which may outlast
   * a busy machine.
   */
  readonly isWatched?: boolean;
  readonly log?: DatabaseLog;
}

/** A PostgreSQL server. */
export type PostgresOptions = Timeouts & { readonly url: string; readonly poolSize?: number };
/** An embedded PostgreSQL in `<dataDir>/postgresql`. */
export type EmbeddedOptions = Timeouts &
  DirectoryOptions & {
    readonly poolSize?: number;
    /** `dataDir`, if this process already owns it. The database takes the ownership over. */
    readonly owned?: OwnedDirectory;
  };

export type DatabaseOptions = PostgresOptions | EmbeddedOptions;

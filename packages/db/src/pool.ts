import pg from 'pg';

import { CallerLeftError } from './caller-left-error.ts';
import { FairQueue, ownWork } from './fair-queue.ts';
import { currentScope, refusedTransaction, runInScope } from './prisma-scope.ts';

/**
 * After these errors a connection is still usable: invalid data, violated constraints, conflicts, timeouts, raised
 * exceptions.
 */
const HARMLESS_CLASSES = new Set(['22', '23', '40', '55', 'P0']);
const QUERY_CANCELED = '57014';

/** An error from PostgreSQL. */
export function isServerError(error: unknown): error is Error & { code: string; severity: string } {
  return (
    error instanceof Error &&
    'code' in error &&
    'severity' in error &&
    typeof error.code === 'string' &&
    typeof error.severity === 'string'
  );
}

/**
 * Whether a connection can be used again after this error of a statement. Unusual errors (a lost socket, a shutdown, a
 * stale prepared statement) close it: a new connection costs milliseconds, a broken one costs requests.
 */
export function leavesConnectionUsable(error: unknown): boolean {
  if (!isServerError(error) || error.severity !== 'ERROR') return false;
  return error.code === QUERY_CANCELED || HARMLESS_CLASSES.has(error.code.slice(0, 2));
}

/**
 * pg's types overload `query` many times. Besides us, only Prisma's adapter calls it: it passes one config and awaits
 * the result, which is the form that `run` implements.
 */
function asPoolQuery(run: (config: pg.QueryConfig) => Promise<pg.QueryResult>): pg.Pool['query'] {
  return run as pg.Pool['query'];
}

type Connected = (error: Error | undefined, client: pg.PoolClient | undefined) => void;

type Connect = (whenConnected: Connected) => void;

/** The same: with a callback it returns nothing, without one a promise. */
function asPoolConnect(connect: (whenConnected?: Connected) => unknown): pg.Pool['connect'] {
  return connect as pg.Pool['connect'];
}

/**
 * The share of the connections that one owner may hold: another owner's call always finds one that is free, or will be
 * soon.
 */
const shareOfOne = 0.8;

/** The caller that a connection is used for. */
export interface Caller {
  /** Callers of one owner take turns, and together hold at most four fifths of the connections. */
  readonly owner: string;
  /** Whether the caller has disconnected. Checked only during long statements. */
  readonly hasLeft?: (() => boolean) | undefined;
  /** How long it may use a connection: then its statement is cancelled. */
  readonly patienceMs?: number | undefined;
}

/** A connection in use. */
export interface Hold {
  readonly caller: Caller | undefined;
  /** `performance.now()` */
  readonly since: number;
  /**
   * Why its statement was cancelled: the connection is not reused, since a late cancellation would hit the next
   * statement.
   */
  cancelled: 'left' | 'late' | null;
}

/**
 * A pg pool that keeps its connections and assigns them fairly. pg's own pool closes a connection after every failed
 * statement, so each violated constraint would cost a reconnect and all prepared statements; it reuses connections with
 * an open transaction, which Prisma can leave behind when the event loop stalls (prisma/orm#29719); and it serves
 * callers in order of arrival.
 */
export class SteadyPool extends pg.Pool {
  readonly clients = new Set<pg.PoolClient>();
  /** Whether transactions fail that wait for something other than the database. */
  readonly refusesIdleTransactions: boolean;
  /** How often a connection was returned in a good state: while this increases, the database responds. */
  answers = 0;
  readonly #queue: FairQueue;
  readonly #connect: Connect;
  /**
   * Who uses each connection; null: nobody. Entries are not deleted after each use: V8 rebuilds a Map that shrinks and
   * chains the old tables to the new ones, so that their entries would outlive their requests.
   */
  readonly #holds = new Map<pg.PoolClient, Hold | null>();

  constructor(config: pg.PoolConfig, onIdleError: (error: Error) => void, refusesIdleTransactions = false) {
    super(config);
    this.refusesIdleTransactions = refusesIdleTransactions;
    const { max } = this.options;
    this.#queue = new FairQueue(max, Math.ceil(max * shareOfOne));
    this.#connect = super.connect.bind(this) as Connect;
    this.connect = asPoolConnect((whenConnected) => {
      if (whenConnected !== undefined) return this.#take(undefined, whenConnected);
      return currentScope() === undefined ? this.acquire() : Promise.reject(refusedTransaction());
    });
    // Prisma's adapter: in the scope of its call.
    this.query = asPoolQuery((statement) => runInScope(statement, (own) => this.run(own)));
    // Without a listener, an idle connection that PostgreSQL closes would end the process.
    this.on('error', onIdleError);
    this.on('connect', (client) => {
      this.clients.add(client);
      // The caller gets the error of a connection in use from its statement; the event only needs a listener.
      client.on('error', () => undefined);
    });
    this.on('remove', (client) => {
      this.clients.delete(client);
      this.#holds.delete(client);
    });
    this.on('release', (error, client) => {
      if (!error) this.answers += 1;
      const hold = this.#holds.get(client);
      const status = client.getTransactionStatus();
      // When we close it here, the pool notices and removes it.
      if (status === 'T' || status === 'E' || hold?.cancelled != null) client.end(() => undefined);
      if (hold == null) return;
      this.#holds.set(client, null);
      this.#queue.leave(hold.caller?.owner ?? ownWork);
    });
  }

  /** The connections in use. */
  get busy(): ReadonlyMap<pg.PoolClient, Hold> {
    const busy = new Map<pg.PoolClient, Hold>();
    for (const [client, hold] of this.#holds) if (hold !== null) busy.set(client, hold);
    return busy;
  }

  /** One statement on its own connection. With callbacks, since promises cost a tenth of a short statement. */
  run(statement: pg.QueryConfig, caller?: Caller): Promise<pg.QueryResult> {
    return new Promise((resolve, reject) => {
      this.#take(caller, (error, client) => {
        if (client === undefined) {
          reject(error ?? new Error('the pool returned no connection'));
          return;
        }
        const settle = (failure: Error | null | undefined, result: pg.QueryResult): void => {
          if (failure) {
            const reason = this.reasonOf(client, failure);
            client.release(!leavesConnectionUsable(failure));
            reject(reason);
          } else {
            client.release();
            resolve(result);
          }
        };
        try {
          void client.query(statement, settle);
        } catch (failure) {
          client.release(true);
          reject(failure);
        }
      });
    });
  }

  /** A connection, which the caller must release. */
  acquire(caller?: Caller): Promise<pg.PoolClient> {
    return new Promise((resolve, reject) => {
      this.#take(caller, (error, client) => {
        if (client === undefined) reject(error ?? new Error('the pool returned no connection'));
        else resolve(client);
      });
    });
  }

  /** Why a statement failed: PostgreSQL's error, or that its caller has disconnected. */
  reasonOf(client: pg.PoolClient, failure: unknown): unknown {
    return this.#holds.get(client)?.cancelled === 'left' ? new CallerLeftError(failure) : failure;
  }

  /** Closes all connections; their callers get `reason`. */
  cutAll(reason: Error): void {
    for (const client of this.clients) client.connection.stream.destroy(reason);
  }

  /** Waits for a slot, then for a connection, free or new. */
  #take(caller: Caller | undefined, whenConnected: Connected): void {
    const owner = caller?.owner ?? ownWork;
    if (this.#queue.tryEnter(owner)) this.#open(caller, owner, whenConnected);
    else this.#wait(caller, owner, whenConnected);
  }

  #open(caller: Caller | undefined, owner: string, whenConnected: Connected): void {
    this.#connect((error, client) => {
      if (client === undefined) this.#queue.leave(owner);
      else this.#holds.set(client, { caller, since: performance.now(), cancelled: null });
      whenConnected(error, client);
    });
  }

  /** The timeout covers both waits. */
  #wait(caller: Caller | undefined, owner: string, whenConnected: Connected): void {
    let isOver = false;
    const finish: Connected = (error, client) => {
      clearTimeout(limit);
      if (isOver) client?.release();
      else whenConnected(error, client);
      isOver = true;
    };
    const stopWaiting = this.#queue.wait(owner, () => {
      // Not during the release that made the slot available: its connection is not free yet.
      queueMicrotask(() => {
        if (caller?.hasLeft?.() !== true) return this.#open(caller, owner, finish);
        this.#queue.leave(owner);
        return finish(new CallerLeftError(), undefined);
      });
    });
    const limit = setTimeout(() => {
      stopWaiting();
      finish(new Error('timeout exceeded when trying to connect'), undefined);
    }, this.options.connectionTimeoutMillis);
  }
}

import pg from 'pg';

import { FairQueue, ownWork } from './fair-queue.ts';

/** After these a connection is as good as before: bad data, broken constraints, conflicts, timeouts, raised exceptions. */
const HARMLESS_CLASSES = new Set(['22', '23', '40', '55', 'P0']);
const QUERY_CANCELED = '57014';

/** An error that PostgreSQL itself sent. */
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
 * Whether a connection can be used again after this error of a statement. Anything unusual (a lost socket, a shutdown, a stale
 * prepared statement) ends it: a new connection costs milliseconds, a broken one costs requests.
 */
export function leavesConnectionUsable(error: unknown): boolean {
  if (!isServerError(error) || error.severity !== 'ERROR') return false;
  return error.code === QUERY_CANCELED || HARMLESS_CLASSES.has(error.code.slice(0, 2));
}

/**
 * pg's types overload `query` many times over; the only caller besides us is Prisma's adapter, which passes one config and
 * awaits the result, and that form is what `run` implements.
 */
function asPoolQuery(run: (config: pg.QueryConfig) => Promise<pg.QueryResult>): pg.Pool['query'] {
  return run as pg.Pool['query'];
}

type Connected = (error: Error | undefined, client: pg.PoolClient | undefined) => void;

type Connect = (whenConnected: Connected) => void;

/** Likewise: with a callback nothing is returned, and without one a promise. */
function asPoolConnect(connect: (whenConnected?: Connected) => unknown): pg.Pool['connect'] {
  return connect as pg.Pool['connect'];
}

/** What one owner may hold of the connections: somebody else's call always finds one that is free, or about to be. */
const shareOfOne = 0.8;

/** On whose behalf a connection is used. */
export interface Caller {
  /** Callers of one owner take turns among themselves, and hold four fifths of the connections at most. */
  readonly owner: string;
  /** Whether nobody waits for the answer any more. Asked only about what takes long. */
  readonly hasLeft?: (() => boolean) | undefined;
  /** How long it may use a connection: then what runs on it is cancelled. */
  readonly patienceMs?: number | undefined;
}

/** A connection in use. */
export interface Hold {
  readonly caller: Caller | undefined;
  /** `performance.now()` */
  readonly since: number;
  /** Why what runs on it was cancelled: it is not used again, as a late cancellation would hit whatever came next. */
  cancelled: 'left' | 'late' | null;
}

/** The caller has gone: no one waits for the answer. */
export class CallerLeftError extends Error {
  override readonly name = 'CallerLeftError';
  constructor(cause?: unknown) {
    super('the caller has left', { cause });
  }
}

/**
 * A pg pool that keeps its connections and hands them out in turns. Its parent ends a connection after every failed statement, so
 * each violated constraint would cost a reconnect and all prepared statements; it takes back connections with an open
 * transaction, which Prisma can leave behind when the event loop stalls (prisma/orm#29719); and it serves whoever came first.
 */
export class SteadyPool extends pg.Pool {
  readonly clients = new Set<pg.PoolClient>();
  /** Whether a transaction fails that waits for something other than the database. */
  readonly refusesIdleTransactions: boolean;
  /** How many times a connection came back sound: as long as this grows, the database answers. */
  answers = 0;
  readonly #queue: FairQueue;
  readonly #connect: Connect;
  /**
   * Who uses each connection; null: nobody. Nothing is deleted with each use: a Map that is made smaller is made anew, and V8
   * chains the old tables to the new ones, so that what they held outlives its request.
   */
  readonly #holds = new Map<pg.PoolClient, Hold | null>();

  constructor(config: pg.PoolConfig, onIdleError: (error: Error) => void, refusesIdleTransactions = false) {
    super(config);
    this.refusesIdleTransactions = refusesIdleTransactions;
    const { max } = this.options;
    this.#queue = new FairQueue(max, Math.ceil(max * shareOfOne));
    this.#connect = super.connect.bind(this) as Connect;
    this.connect = asPoolConnect((whenConnected) =>
      whenConnected === undefined ? this.acquire() : this.#take(undefined, whenConnected),
    );
    this.query = asPoolQuery((statement) => this.run(statement));
    // Without a listener an idle connection that PostgreSQL closes would end the process.
    this.on('error', onIdleError);
    this.on('connect', (client) => {
      this.clients.add(client);
      // The failure of a connection in use reaches its caller through the statement; the event must only not be unheard.
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
      // Ended here, the pool sees it and removes it instead of keeping it.
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

  /** One statement on a connection of its own. Callbacks, as promises in between cost a tenth of a short statement. */
  run(statement: pg.QueryConfig, caller?: Caller): Promise<pg.QueryResult> {
    return new Promise((resolve, reject) => {
      this.#take(caller, (error, client) => {
        if (client === undefined) {
          reject(error ?? new Error('the pool gave no connection'));
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

  /** A connection, to be released by whoever asked. */
  acquire(caller?: Caller): Promise<pg.PoolClient> {
    return new Promise((resolve, reject) => {
      this.#take(caller, (error, client) => {
        if (client === undefined) reject(error ?? new Error('the pool gave no connection'));
        else resolve(client);
      });
    });
  }

  /** Why a statement failed: what PostgreSQL says, unless it was cancelled because its caller has left. */
  reasonOf(client: pg.PoolClient, failure: unknown): unknown {
    return this.#holds.get(client)?.cancelled === 'left' ? new CallerLeftError(failure) : failure;
  }

  /** Cuts every connection; whoever waits on one gets `reason`. */
  cutAll(reason: Error): void {
    for (const client of this.clients) client.connection.stream.destroy(reason);
  }

  /** Takes a place in turn, and then a connection: one is free, or may be made. */
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

  /** The time limit is for the place and the connection together. */
  #wait(caller: Caller | undefined, owner: string, whenConnected: Connected): void {
    let isOver = false;
    const finish: Connected = (error, client) => {
      clearTimeout(limit);
      if (isOver) client?.release();
      else whenConnected(error, client);
      isOver = true;
    };
    const stopWaiting = this.#queue.wait(owner, () => {
      // Not within the release that made room: its connection is not free yet.
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

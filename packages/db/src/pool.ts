import pg from 'pg';

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

/**
 * A pg pool that keeps its connections. Its parent ends a connection after every failed statement, so each violated constraint
 * would cost a reconnect and all prepared statements; and it takes back connections with an open transaction, which Prisma
 * can leave behind when the event loop stalls (prisma/orm#29719).
 */
export class SteadyPool extends pg.Pool {
  /** Connections that are in use, and since when (`performance.now()`). */
  readonly busy = new Map<pg.PoolClient, number>();
  readonly clients = new Set<pg.PoolClient>();
  /** Whether a transaction fails that waits for something other than the database. */
  readonly refusesIdleTransactions: boolean;

  constructor(config: pg.PoolConfig, onIdleError: (error: Error) => void, refusesIdleTransactions = false) {
    super(config);
    this.refusesIdleTransactions = refusesIdleTransactions;
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
      this.busy.delete(client);
    });
    this.on('acquire', (client) => {
      this.busy.set(client, performance.now());
    });
    this.on('release', (_error, client) => {
      this.busy.delete(client);
      const status = client.getTransactionStatus();
      // Ended here, the pool sees it and removes it instead of keeping it.
      if (status === 'T' || status === 'E') client.end(() => undefined);
    });
  }

  /** One statement on a connection of its own. Callbacks, as promises in between cost a tenth of a short statement. */
  run(statement: pg.QueryConfig): Promise<pg.QueryResult> {
    return new Promise((resolve, reject) => {
      this.connect((error, client, release) => {
        if (client === undefined) {
          reject(error ?? new Error('the pool gave no connection'));
          return;
        }
        const settle = (failure: Error | null | undefined, result: pg.QueryResult): void => {
          if (failure) {
            release(!leavesConnectionUsable(failure));
            reject(failure);
          } else {
            release();
            resolve(result);
          }
        };
        try {
          void client.query(statement, settle);
        } catch (failure) {
          release(true);
          reject(failure);
        }
      });
    });
  }

  /** Cuts every connection; whoever waits on one gets `reason`. */
  cutAll(reason: Error): void {
    for (const client of this.clients) client.connection.stream.destroy(reason);
  }
}

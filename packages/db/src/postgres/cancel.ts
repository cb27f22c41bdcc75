import pg from 'pg';

const LIMIT_MS = 1_000;

/** The fields of a connection that pg has and its types do not declare. */
interface BackendKey {
  readonly processID: number;
  readonly secretKey: number;
}
interface CancellingConnection {
  /** A port and a host, or the path of a Unix socket. */
  connect(portOrPath: number | string, host?: string): void;
  cancel(processID: number, secretKey: number): void;
}

/** The guarantee: pg sets both fields when the server has accepted a connection. */
function keyOf(client: pg.PoolClient): BackendKey {
  return client as unknown as BackendKey;
}

/** The guarantee: `pg.Client.prototype.cancel` uses the same two methods. */
function asCancelling(connection: pg.Connection): CancellingConnection {
  return connection as unknown as CancellingConnection;
}

/**
 * Asks the server, over another connection, to cancel the running statement (the protocol's CancelRequest, which
 * connection poolers pass on, unlike `pg_cancel_backend`). Without a running statement nothing happens, and there is no
 * confirmation.
 */
export function requestCancel(config: pg.ClientConfig, client: pg.PoolClient): void {
  const { processID, secretKey } = keyOf(client);
  const canceller = new pg.Client(config);
  const { connection, host, port } = canceller;
  const end = () => connection.stream.destroy();
  const limit = setTimeout(end, LIMIT_MS);
  const send = () => asCancelling(connection).cancel(processID, secretKey);
  connection.on('error', () => undefined);
  connection.on('connect', send);
  connection.on('sslconnect', send);
  connection.on('end', () => clearTimeout(limit));
  if (host.startsWith('/')) asCancelling(connection).connect(`${host}/.s.PGSQL.${port}`);
  else asCancelling(connection).connect(port, host);
}

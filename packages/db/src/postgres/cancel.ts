import pg from 'pg';

const LIMIT_MS = 1_000;

/** What pg keeps of a connection for this purpose, and its types do not show. */
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
 * Asks the server, over a connection of its own, to end what runs on this one (the protocol's CancelRequest, which poolers pass on,
 * unlike `pg_cancel_backend`). Not more than a request: if nothing runs, nothing happens, and nobody is told.
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

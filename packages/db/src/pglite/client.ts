import type { PGlite } from '@electric-sql/pglite';
import { createPgConfig } from '@electric-sql/pglite/node-postgres';
import pg from 'pg';

/** pg's types leave out `connection`, the documented way to bring one's own; `createPgConfig` makes it for exactly this use. */
function withConnection(config: pg.ClientConfig | undefined, connection: object): pg.ClientConfig {
  const extended: pg.ClientConfig & { connection: object } = { ...config, connection };
  return extended;
}

/**
 * A pg client class whose clients all talk to one PGlite. Each has a connection object of its own, and the next one begins only
 * when the one before has ended: sharing one object (as `createPgConfig` offers) lets the end of an old client hit the new one,
 * and two that interleave their messages hang the session.
 */
export function clientClassOver(pglite: PGlite): new (config?: pg.ClientConfig) => pg.Client {
  let previousEnded = Promise.resolve();
  return class PgliteClient extends pg.Client {
    constructor(config?: pg.ClientConfig) {
      const { connection } = createPgConfig(pglite);
      super(withConnection(config, connection));

      const { parse, connect, end } = connection;
      // pg hands its parsers down as `types`, where PGlite expects the parameters' type ids.
      connection.parse = ({ text, name }: { text: string; name?: string }) => parse.call(connection, { text, name });

      const mayBegin = previousEnded;
      connection.connect = async (port, host) => {
        await mayBegin;
        await connect.call(connection, port, host);
      };
      const ended = Promise.withResolvers<void>();
      previousEnded = ended.promise;
      connection.end = () => {
        end.call(connection);
        // Ending takes all listeners off; a late error without one would end the process.
        connection.on('error', () => undefined);
        connection.once('end', () => ended.resolve());
      };
    }
  };
}

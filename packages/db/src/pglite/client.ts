import type { PGlite } from '@electric-sql/pglite';
import { createPgConfig } from '@electric-sql/pglite/node-postgres';
import pg from 'pg';

import type { Revivable } from './revivable.ts';

/** pg's types leave out `connection`, the documented way to bring one's own; `createPgConfig` makes it for exactly this use. */
function withConnection(config: pg.ClientConfig | undefined, connection: object): pg.ClientConfig {
  const extended: pg.ClientConfig & { connection: object } = { ...config, connection };
  return extended;
}

/** The guarantee: a connection calls `waitReady` and `execProtocolStream`, and nothing else of a PGlite (0.5.16). */
function asPglite(pglite: Pick<PGlite, 'waitReady' | 'execProtocolStream'>): PGlite {
  return pglite as PGlite;
}

/**
 * A pg client class whose clients all talk to one PGlite. Each has a connection object of its own, and the next one begins only
 * when the one before has ended: sharing one object (as `createPgConfig` offers) lets the end of an old client hit the new one,
 * and two that interleave their messages hang the session.
 */
export function clientClassOver(pglite: Revivable): new (config?: pg.ClientConfig) => pg.Client {
  let previousEnded = Promise.resolve();
  return class PgliteClient extends pg.Client {
    constructor(config?: pg.ClientConfig) {
      const { connection } = createPgConfig(asPglite(pglite));
      super(withConnection(config, connection));

      const { parse, connect, end } = connection;
      // pg hands its parsers down as `types`, where PGlite expects the parameters' type ids.
      connection.parse = ({ text, name }: { text: string; name?: string }) => parse.call(connection, { text, name });

      const mayBegin = previousEnded;
      const ended = Promise.withResolvers<void>();
      previousEnded = ended.promise;
      connection.connect = async (port, host) => {
        await mayBegin;
        try {
          await pglite.alive();
          await connect.call(connection, port, host);
        } catch (error) {
          // pg does not end a connection that never was, and the next client waits for this one.
          ended.resolve();
          connection.emit('error', error);
        }
      };
      connection.end = () => {
        end.call(connection);
        // Ending takes all listeners off; a late error without one would end the process.
        connection.on('error', () => undefined);
        connection.once('end', () => ended.resolve());
      };
    }
  };
}

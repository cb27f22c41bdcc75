import type pg from 'pg';
import { parseIntoClientConfig } from 'pg-connection-string';

import type { PostgresOptions } from '../database.ts';
import { SESSION_SETTINGS } from '../session.ts';

/** pg's settings for one connection, from a `postgres://` URL. Timeouts in the URL do not override ours. */
export function connectionConfig(options: PostgresOptions): pg.ClientConfig {
  const {
    url,
    acquireTimeoutMs = 1_500,
    statementTimeoutMs = 10_000,
    lockTimeoutMs = 1_250,
    idleInTransactionMs = 10_000,
  } = options;
  let fromUrl: pg.ClientConfig;
  try {
    fromUrl = parseIntoClientConfig(url);
  } catch {
    // The parser's own message would contain the URL, and with it the password.
    throw new Error('the database URL cannot be read: expected postgres://user:password@host:port/database');
  }
  const session = Object.entries(SESSION_SETTINGS).map(([name, value]) => `-c ${name}=${value}`);
  return {
    application_name: 'alice',
    ...fromUrl,
    options: [fromUrl.options, ...session].filter(Boolean).join(' '),
    connectionTimeoutMillis: acquireTimeoutMs,
    statement_timeout: statementTimeoutMs,
    lock_timeout: lockTimeoutMs,
    idle_in_transaction_session_timeout: idleInTransactionMs,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
  };
}

import type { TransferSession } from './session.ts';

/** The application name of our own connections, to distinguish them from a server's. */
export const TRANSFER_NAME = 'alice-transfer';

/** Throws if ALICE is connected to the database of this session: its writes would be lost or mixed in. */
export async function requireNoAlice(session: TransferSession, side: 'source' | 'target'): Promise<void> {
  // pg_stat_activity is read once per transaction, unless the snapshot is cleared.
  await session.rows('SELECT pg_stat_clear_snapshot()');
  const [alice] = await session.rows<{ pid: number; address: string | null; since: string }>(
    `SELECT pid, host(client_addr) AS address, to_char(backend_start, 'YYYY-MM-DD HH24:MI:SS"Z"') AS since
       FROM pg_stat_activity
      WHERE datname = current_database() AND application_name = 'alice' AND pid <> pg_backend_pid()
      ORDER BY backend_start LIMIT 1`,
  );
  if (alice === undefined) return;
  const who = `connected from ${alice.address ?? 'the same machine'} since ${alice.since}, PostgreSQL process ${alice.pid}`;
  throw new Error(
    `ALICE is using the ${side} (${who}): stop it first${side === 'source' ? ', or copy the current data with --live' : ''}`,
  );
}

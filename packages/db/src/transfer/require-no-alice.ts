import type { TransferSession } from './session.ts';

/** How our own connections call themselves, so that they are not taken for a server's. */
export const TRANSFER_NAME = 'alice-transfer';

/** Throws when an ALICE is connected to the database of this session: what it writes now would be missing, or mixed in. */
export async function requireNoAlice(session: TransferSession, side: 'source' | 'target'): Promise<void> {
  // pg_stat_activity is read once per transaction, unless told otherwise.
  await session.rows('SELECT pg_stat_clear_snapshot()');
  const [alice] = await session.rows<{ pid: number; address: string | null; since: string }>(
    `SELECT pid, host(client_addr) AS address, to_char(backend_start, 'YYYY-MM-DD HH24:MI:SS"Z"') AS since
       FROM pg_stat_activity
      WHERE datname = current_database() AND application_name = 'alice' AND pid <> pg_backend_pid()
      ORDER BY backend_start LIMIT 1`,
  );
  if (alice === undefined) return;
  const who = `connected from ${alice.address ?? 'its own machine'} since ${alice.since}, PostgreSQL process ${alice.pid}`;
  throw new Error(
    `an ALICE uses the ${side} (${who}): stop it first${side === 'source' ? ', or copy what is there now with --live' : ''}`,
  );
}

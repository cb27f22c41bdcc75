import type { Database } from './database.ts';

const OLDEST_MAJOR = 15;

/** The settings of every session: parsing of timestamps and dates relies on them. */
export const SESSION_SETTINGS = { TimeZone: 'UTC', DateStyle: 'ISO,YMD' } as const;

/**
 * Throws if this package cannot read the server's values correctly: it needs PostgreSQL 15 or later, UTC, and ISO
 * dates.
 */
export async function assertSession(database: Pick<Database, 'query'>): Promise<void> {
  const [session] = await database.query<{ zone: string; style: string; version: number }>(
    {
      text: `SELECT current_setting('TimeZone') AS zone, current_setting('DateStyle') AS style,
                    current_setting('server_version_num')::int AS version`,
    },
    [],
  );
  if (session === undefined) throw new Error('the database returned no session settings');
  const major = Math.floor(session.version / 10_000);
  if (major < OLDEST_MAJOR) throw new Error(`PostgreSQL ${major} is too old: ${OLDEST_MAJOR} or later is required`);
  if (!['UTC', 'Etc/UTC', 'GMT'].includes(session.zone)) {
    throw new Error(
      `the database session is in time zone ${session.zone}, not UTC: a proxy in between drops startup options`,
    );
  }
  if (!session.style.startsWith('ISO')) {
    throw new Error(
      `the database session has DateStyle ${session.style}, not ISO: a proxy in between drops startup options`,
    );
  }
}

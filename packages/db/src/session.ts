import type { Database } from './database.ts';

const OLDEST_MAJOR = 15;

/** What every session is told at its start: the text of instants and dates is read on this ground. */
export const SESSION_SETTINGS = { TimeZone: 'UTC', DateStyle: 'ISO,YMD' } as const;

/** Throws unless the server is one that this package reads correctly: PostgreSQL 15 or later, in UTC, with ISO dates. */
export async function assertSession(database: Pick<Database, 'query'>): Promise<void> {
  const [session] = await database.query<{ zone: string; style: string; version: number }>(
    {
      text: `SELECT current_setting('TimeZone') AS zone, current_setting('DateStyle') AS style,
                    current_setting('server_version_num')::int AS version`,
    },
    [],
  );
  if (session === undefined) throw new Error('the database did not describe its session');
  const major = Math.floor(session.version / 10_000);
  if (major < OLDEST_MAJOR) throw new Error(`PostgreSQL ${major} is too old: ${OLDEST_MAJOR} or later is needed`);
  if (!['UTC', 'Etc/UTC', 'GMT'].includes(session.zone)) {
    throw new Error(
      `the database session is in time zone ${session.zone}, not UTC: something between here and PostgreSQL drops startup options`,
    );
  }
  if (!session.style.startsWith('ISO')) {
    throw new Error(
      `the database session has DateStyle ${session.style}, not ISO: something between here and PostgreSQL drops startup options`,
    );
  }
}

/** The PostgreSQL server to measure on, by any of its databases: DATABASE_URL, or the one that a machine usually has. */
export function databaseServerUrl(): string {
  return process.env['DATABASE_URL'] || 'postgres://postgres@127.0.0.1:5432/postgres';
}

/** Where programs are found. */
export function searchPath(): string {
  return process.env['PATH'] ?? '';
}

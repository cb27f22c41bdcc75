import pg from 'pg';

const connectTimeoutMs = 5000;

/** A database of its own for this run, and the connection that made it. */
export interface BenchDatabase extends AsyncDisposable {
  readonly url: string;
  readonly serverVersion: string;
}

/** Makes an empty database; disposing drops it. Throws an error that says what to do when no PostgreSQL answers. */
export async function createBenchDatabase(serverUrl: string): Promise<BenchDatabase> {
  const admin = new pg.Client({ connectionString: serverUrl, connectionTimeoutMillis: connectTimeoutMs });
  admin.on('error', () => undefined);
  try {
    await admin.connect();
  } catch (error) {
    throw new Error(
      `No PostgreSQL answers at ${new URL(serverUrl).host}: ${reason(error)}. Start one there, or name another in DATABASE_URL.`,
    );
  }
  const name = `alice_bench_${Date.now()}_${process.pid}`;
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  try {
    const { rows } = await admin.query<{ server_version: string }>('SHOW server_version');
    await admin.query(`CREATE DATABASE ${name}`);
    return {
      url: url.href,
      serverVersion: rows[0]?.server_version ?? 'unknown',
      async [Symbol.asyncDispose]() {
        await admin.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
        await admin.end();
      },
    };
  } catch (error) {
    await admin.end();
    throw error;
  }
}

/** An AggregateError of one failure per address has no message of its own. */
function reason(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(reason).join('; ');
  return error instanceof Error ? error.message : String(error);
}

/** How to reach the PostgreSQL that a server with this data directory runs. */
export function embeddedDatabaseUrl(dataDir: string): string {
  return `postgres://postgres@${encodeURIComponent(`${dataDir}/postgresql`)}/postgres`;
}

/** One statement on a connection of its own. `Row` is what the caller's SQL selects. */
export async function queryOnce<Row extends pg.QueryResultRow>(
  url: string,
  text: string,
  values: readonly unknown[] = [],
): Promise<Row[]> {
  const client = new pg.Client({ connectionString: url, options: '-c TimeZone=UTC' });
  await client.connect();
  try {
    return (await client.query<Row>(text, [...values])).rows;
  } finally {
    await client.end();
  }
}

import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseEnv } from 'node:util';

/** The repository's root, to which DATA_DIR is relative. */
const ROOT = fileURLToPath(new URL('../../../', import.meta.url));

/** The same file that `npm start` uses. */
const ENV_FILE = join(ROOT, '.env');

type Environment = Readonly<Record<string, string | undefined>>;

/** The location of a database: a PostgreSQL server, or the embedded database of a data directory. */
export type Location = { readonly url: string } | { readonly dataDir: string };

/** The data directory as an absolute path: DATA_DIR, relative to the repository's root, or `.data`. */
export function dataDirFromEnv(env: Environment): string {
  return resolve(ROOT, env['DATA_DIR'] || '.data');
}

/**
 * The database of the settings: DATABASE_URL; or the POSTGRES_* parts, if POSTGRES_HOST is set; or the embedded
 * database. An empty setting is treated as missing, since `.env` files and Compose leave settings empty.
 */
export function databaseFromEnv(env: Environment): Location {
  const url = env['DATABASE_URL'];
  if (url) {
    if (!/^postgres(ql)?:\/\//.test(url)) throw new Error('DATABASE_URL must begin with postgres:// or postgresql://');
    return { url };
  }
  const host = env['POSTGRES_HOST'];
  if (!host) return { dataDir: dataDirFromEnv(env) };

  const port = env['POSTGRES_PORT'] || '5432';
  if (!/^\d{1,5}$/.test(port)) throw new Error('POSTGRES_PORT must be a port number');
  const user = encodeURIComponent(env['POSTGRES_USER'] || 'postgres');
  const password = env['POSTGRES_PASSWORD'] ? `:${encodeURIComponent(env['POSTGRES_PASSWORD'])}` : '';
  const database = encodeURIComponent(env['POSTGRES_DB'] || 'alice');
  // A host that is a directory contains a Unix socket.
  const address = host.startsWith('/') ? encodeURIComponent(host) : host.includes(':') ? `[${host}]` : host;
  return { url: `postgres://${user}${password}@${address}:${port}/${database}` };
}

/** The settings that the database commands need. */
export interface CommandSettings {
  readonly database: Location;
  readonly dataDir: string;
  readonly isProduction: boolean;
}

/** The settings of a command: the environment, then `.env`, as `npm start` reads them. Throws if they are invalid. */
export function commandSettings(envFile = ENV_FILE, env: Environment = process.env): CommandSettings {
  const settings: Environment = { ...readEnvFile(envFile), ...env };
  const appEnv = settings['APP_ENV'] || 'development';
  // A misspelt "production" must not be treated as development.
  if (!['development', 'test', 'production'].includes(appEnv))
    throw new Error('APP_ENV must be development, test or production');
  return {
    database: databaseFromEnv(settings),
    dataDir: dataDirFromEnv(settings),
    isProduction: appEnv === 'production',
  };
}

function readEnvFile(file: string): Environment {
  try {
    return parseEnv(readFileSync(file, 'utf8'));
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return {};
    throw error;
  }
}

/** The server for tests; null: the tests start their own PostgreSQL. */
export function testDatabaseUrl(): string | null {
  return process.env['TEST_DATABASE_URL'] || null;
}

/** An unpacked package with PostgreSQL's programs for tests; undefined: the installed one. */
export function testBinariesFolder(): string | undefined {
  return process.env['TEST_POSTGRES_BINARIES'] || undefined;
}

/** TEST_ROUNDS: how many times as often as usual faults are made; 1 unless told. For trials longer than CI's. */
export function testRounds(): number {
  return Number(process.env['TEST_ROUNDS'] || 1);
}

const TEST_SOURCE = 'ALICE_TEST_DATABASE';

/** What the global setup of the tests has prepared; null if it did not run. */
export function preparedTestSource(): { readonly server: string; readonly template: string } | null {
  const [server, template] = (process.env[TEST_SOURCE] ?? '').split(' ');
  return server && template ? { server, template } : null;
}

/** Test workers start after the global setup and inherit its environment. */
export function setPreparedTestSource(source: { readonly server: string; readonly template: string } | null): void {
  if (source === null) delete process.env[TEST_SOURCE];
  else process.env[TEST_SOURCE] = `${source.server} ${source.template}`;
}

/** The one place where these tests read the environment. */

/** A PostgreSQL server on which the tests may make databases of their own; null: the embedded database. */
export function testDatabaseUrl(): string | null {
  return process.env['TEST_DATABASE_URL'] || null;
}

/** A Redis server; null: none. */
export function testRedisUrl(): string | null {
  return process.env['TEST_REDIS_URL'] || null;
}

/** TEST_ROUNDS: a factor for the number of injected faults, 1 by default. For longer trials than in CI. */
export function roundsFactor(): number {
  return Number(process.env['TEST_ROUNDS'] || 1);
}

/** What a child process needs of ours. No setting of the product is inherited: each test states its own. */
export function childEnvironment(): Record<string, string> {
  return { PATH: process.env['PATH'] ?? '' };
}

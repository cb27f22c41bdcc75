/** Fails with one clear line each when the PostgreSQL of TEST_DATABASE_URL or the Redis of TEST_REDIS_URL does not answer. */
import { createRequire } from 'node:module';
import { inRoot } from './lib/workspace.mjs';

const { Client } = createRequire(inRoot('packages/db/package.json'))('pg');
const { Redis } = createRequire(inRoot('apps/server/package.json'))('ioredis');
const { TEST_DATABASE_URL, TEST_REDIS_URL } = process.env;

async function askPostgres() {
  const client = new Client({ connectionString: TEST_DATABASE_URL, connectionTimeoutMillis: 5000 });
  await client.connect();
  await client.query('SELECT 1');
  await client.end();
}

async function askRedis() {
  const redis = new Redis(TEST_REDIS_URL, { lazyConnect: true, connectTimeout: 5000, retryStrategy: () => null });
  // Without a listener ioredis prints the error; connect() throws it as well.
  redis.on('error', () => {});
  await redis.connect();
  await redis.ping();
  redis.disconnect();
}

/** The host of the URL, without the password. */
const hostOf = (url) => URL.parse?.(url)?.host ?? 'the given address';

for (const [name, url, ask] of [
  ['PostgreSQL', TEST_DATABASE_URL, askPostgres],
  ['Redis', TEST_REDIS_URL, askRedis],
]) {
  try {
    await ask();
  } catch (error) {
    console.error(`${name} does not answer at ${hostOf(url)}: ${error.message || error.code}`);
    process.exitCode = 1;
  }
}

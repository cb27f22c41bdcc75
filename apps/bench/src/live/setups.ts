import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DatabaseOptions } from '@alice/db';
import { createBenchDatabase } from '../database.ts';
import { databaseServerUrl } from '../env.ts';
import { type RedisProcess, startRedis } from '../redis-process.ts';
import { madeUpSecret, type RunningServer, type ServerOptions, startServer } from '../server-process.ts';
import { makePeople, type Person } from './people.ts';

export const setupNames = ['postgres', 'redis', 'embedded'] as const;
export type SetupName = (typeof setupNames)[number];

export function isSetupName(name: string): name is SetupName {
  return setupNames.some((known) => known === name);
}

export const setupTitles: Readonly<Record<SetupName, string>> = {
  postgres: 'one process on PostgreSQL',
  redis: 'two processes on PostgreSQL and Redis',
  embedded: 'one process on the embedded PostgreSQL',
};

/** One of the sizes that the product is run in, with people in its database. */
export interface Setup {
  readonly database: DatabaseOptions;
  readonly people: readonly Person[];
  readonly redis: RedisProcess | null;
  /** How each of its servers is started; they do not run yet. */
  readonly servers: readonly ServerOptions[];
}

/** Makes the database, the people and, where it has one, the Redis. `cleanUp` undoes it all. */
export async function prepareSetup(
  name: SetupName,
  peopleCount: number,
  cleanUp: AsyncDisposableStack,
): Promise<Setup> {
  const jwtSecret = madeUpSecret();
  if (name === 'embedded') {
    const dataDir = await mkdtemp(join(tmpdir(), 'alice-bench-data-'));
    cleanUp.defer(() => rm(dataDir, { recursive: true, force: true }));
    const people = await makePeople({ dataDir }, jwtSecret, peopleCount);
    return { database: { dataDir }, people, redis: null, servers: [{ dataDir, jwtSecret }] };
  }
  const { url } = cleanUp.use(await createBenchDatabase(databaseServerUrl()));
  const redis = name === 'redis' ? await startRedis(cleanUp) : null;
  const people = await makePeople({ url }, jwtSecret, peopleCount);
  const server = { databaseUrl: url, jwtSecret, ...(redis === null ? {} : { redisUrl: redis.url }) };
  return { database: { url }, people, redis, servers: redis === null ? [server] : [server, server] };
}

export async function startAll(
  { servers }: Setup,
  cleanUp: AsyncDisposableStack,
  more: Partial<ServerOptions> = {},
): Promise<RunningServer[]> {
  const started: RunningServer[] = [];
  for (const options of servers) started.push(await startServer({ ...options, ...more }, cleanUp));
  return started;
}

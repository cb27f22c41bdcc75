import { once } from 'node:events';
import type { Deps } from '@alice/api';
import { type TestClock, testClock, testDeps } from '@alice/api/testing';
import type { Database } from '@alice/db';
import { testDatabase } from '@alice/db/testing';
import { pino } from 'pino';
import { createApp } from '../../src/app.ts';
import { createHealthCheck } from '../../src/health.ts';
import { listen } from '../../src/listen.ts';

/** A whole server over HTTP in this process, with a database of its own and a clock that stands still. */
export interface House extends AsyncDisposable {
  readonly url: string;
  readonly deps: Deps;
  readonly clock: TestClock;
}

interface HouseOptions {
  readonly callsPerMinute?: number;
  /** Puts something between the server and its database. */
  readonly wrap?: (db: Database) => Database;
}

export async function openHouse({ wrap = (db) => db, ...limits }: HouseOptions = {}): Promise<House> {
  const own = await testDatabase();
  const db = wrap(own);
  const clock = testClock();
  const deps = await testDeps(db, { clock, ...limits });
  const log = pino({ level: 'silent' });
  const app = createApp({
    deps,
    log,
    accessLog: log,
    name: 'ALICE',
    version: '0.1.0',
    corsOrigins: [],
    trustedProxies: [],
    checkHealth: createHealthCheck(db, null, '0.1.0'),
    isDraining: () => false,
  });
  const { server, url } = await listen(app, '127.0.0.1', 0);
  return {
    url,
    deps,
    clock,
    async [Symbol.asyncDispose]() {
      deps.changes.close();
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
      await own.close();
    },
  };
}

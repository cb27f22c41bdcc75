import { type ChildServer, startServer } from './child-server.ts';
import { testDatabaseUrl } from './env.ts';
import type { TestStore } from './test-store.ts';

/** The servers of one store: one on the embedded database, which belongs to one process, and two on PostgreSQL. */
export interface Fleet extends AsyncDisposable {
  readonly size: number;
  /** An address to send the next request to: each server in turn. */
  nextUrl(): string;
  /** Kills one with SIGKILL and starts another in its place. Until it listens, requests to it find nobody. */
  replaceOne(): Promise<void>;
  /** Ends all as an operator does. Gives their exit codes. */
  stop(): Promise<(number | null)[]>;
}

export async function startFleet(store: TestStore): Promise<Fleet> {
  const size = testDatabaseUrl() === null ? 1 : 2;
  const servers: ChildServer[] = [];
  for (let count = 0; count < size; count += 1) servers.push(await startServer(store));
  let turn = 0;
  let replaced = 0;
  return {
    size,
    nextUrl() {
      turn += 1;
      return servers[turn % size]?.url ?? '';
    },
    async replaceOne() {
      const index = replaced % size;
      replaced += 1;
      await servers[index]?.kill('SIGKILL');
      servers[index] = await startServer(store);
    },
    async stop() {
      const exits = await Promise.all(servers.map((server) => server.kill('SIGTERM')));
      return exits.map(({ code }) => code);
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(servers.map((server) => server[Symbol.asyncDispose]()));
    },
  };
}

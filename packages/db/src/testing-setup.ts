import { setPreparedTestSource, testDatabaseUrl } from './env.ts';
import { makeTestSource, type TestSource } from './test-source.ts';

let source: TestSource | undefined;

/**
 * Vitest's `globalSetup`: one server and one migrated database for the whole run. A PostgreSQL that is named but unreachable
 * fails the run.
 */
export async function setup(): Promise<void> {
  source = await makeTestSource(testDatabaseUrl());
  setPreparedTestSource(source);
}

export async function teardown(): Promise<void> {
  setPreparedTestSource(null);
  await source?.remove();
}

import { preparedTestSource, setPreparedTestSource, testDatabaseUrl } from './env.ts';
import { makeTestSource, type TestSource } from './test-source.ts';

let source: TestSource | undefined;

/**
 * Vitest's `globalSetup`: one server and one migrated template for the whole run, whichever project asks first. An
 * unreachable TEST_DATABASE_URL fails the run.
 */
export async function setup(): Promise<void> {
  if (preparedTestSource() !== null) return;
  source = await makeTestSource(testDatabaseUrl());
  setPreparedTestSource(source);
}

export async function teardown(): Promise<void> {
  if (source === undefined) return;
  setPreparedTestSource(null);
  await source.remove();
}

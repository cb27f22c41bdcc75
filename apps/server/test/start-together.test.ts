import { readdir } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { call, health, register } from './harness/call.ts';
import { type ChildServer, type ServerProcess, spawnServer, startServer } from './harness/child-server.ts';
import { testDatabaseUrl } from './harness/env.ts';
import { createTestStore, type TestStore } from './harness/test-store.ts';

const together = 10;
const timeout = 120_000;
const reportLoaded = new URL('harness/report-loaded.mjs', import.meta.url).href;

if (testDatabaseUrl() === null) {
  test('of ten processes that start at once on an empty data directory, one serves and nine exit', {
    timeout,
  }, async () => {
    await using store = await createTestStore();
    await using stack = new AsyncDisposableStack();
    const startedAt = performance.now();
    const env = { NODE_OPTIONS: `--import=${reportLoaded}` };
    const processes = Array.from({ length: together }, () => stack.use(spawnServer({ ...store, env })));
    const left = processes.map(({ exited }) => exited.then(() => Math.round(performance.now() - startedAt)));

    const ends = await Promise.all(processes.map(hasEnded));
    const leftMs = await Promise.all(left.filter((_moment, index) => ends[index]));
    console.log(`${leftMs.length} of ${together} left after ${leftMs.toSorted((a, b) => a - b).join(', ')} ms`);
    const [first, ...others] = processes.filter((_process, index) => !ends[index]);

    expect(others).toEqual([]);
    if (first === undefined) throw new Error(processes.map(({ output }) => output.join('\n')).join('\n\n'));
    expect(await health(urlOf(first))).toMatchObject({ httpStatus: 200 });
    for (const other of processes.filter((process) => process !== first)) {
      expect(await other.exited).toMatchObject({ code: 1 });
      expect(other.output.join('\n')).toContain(`${store.dataDir} is in use by process ${first.pid}`);
    }
    expect(await first.kill('SIGTERM')).toMatchObject({ code: 0 });
    // They leave within two seconds even on a slow machine, because only one process loads the code of the server.
    const loaded = loadedBytes(first);
    for (const other of processes.filter((process) => process !== first)) {
      expect(loadedBytes(other)).toBeLessThan(loaded / 5);
    }
    await expectEachMigrationOnce(store);
  });
} else {
  test('ten processes that start at once on an empty database all serve, and each migration runs once', {
    timeout,
  }, async () => {
    await using store = await createTestStore();
    await using stack = new AsyncDisposableStack();
    const startedAt = performance.now();
    const started = await Promise.allSettled(Array.from({ length: together }, () => startServer(store)));
    const servers: ChildServer[] = [];
    for (const result of started) if (result.status === 'fulfilled') servers.push(stack.use(result.value));
    console.log(`${servers.length} servers started together in ${Math.round(performance.now() - startedAt)} ms`);

    expect(started.flatMap((result) => (result.status === 'rejected' ? String(result.reason) : []))).toEqual([]);
    for (const { url } of servers) {
      expect(await health(url)).toMatchObject({ httpStatus: 200, body: { services: { db: 'ok' } } });
    }
    await expectEachMigrationOnce(store);

    // They share the data directory's secret: a session of one is a session of all.
    const [one, ...others] = servers;
    if (one === undefined) throw new Error('there is no server');
    const ada = await register(one.url);
    for (const { url } of others) expect((await call(url, 'users.me', undefined, ada.token)).id).toBe(ada.id);
  });
}

/** Waits until a process has ended (true) or listens (false). */
function hasEnded(server: ServerProcess): Promise<boolean> {
  const listens = new Promise<boolean>((resolve) => {
    server.process.stdout?.on('data', () => {
      setImmediate(() => {
        if (server.logs.some(({ url }) => url !== undefined)) resolve(false);
      });
    });
  });
  return Promise.race([server.exited.then(() => true), listens]);
}

/** See `report-loaded.mjs`. */
function loadedBytes({ errors }: ServerProcess): number {
  return Number(/^loaded (\d+) bytes/m.exec(errors.join('\n'))?.[1]);
}

function urlOf(server: ServerProcess): string {
  return String(server.logs.find(({ url }) => url !== undefined)?.['url']);
}

async function expectEachMigrationOnce(store: TestStore): Promise<void> {
  const folder = new URL('../../../prisma/migrations/', import.meta.url);
  const entries = await readdir(folder, { withFileTypes: true });
  const names = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
  await using database = await store.open();
  const rows = await database.query<{ name: string; isFinished: boolean }>(
    {
      text: `SELECT migration_name AS name, finished_at IS NOT NULL AND rolled_back_at IS NULL AS "isFinished"
               FROM _prisma_migrations ORDER BY migration_name COLLATE "C"`,
    },
    [],
  );
  expect(rows).toEqual(names.toSorted().map((name) => ({ name, isFinished: true })));
}

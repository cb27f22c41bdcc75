import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { call, health, register } from './harness/call.ts';
import { spawnServer, startServer } from './harness/child-server.ts';
import { testDatabaseUrl } from './harness/env.ts';
import { createTestStore } from './harness/test-store.ts';

if (testDatabaseUrl() === null) {
  test('F3: a second process on the same data directory exits, names the first, and has written nothing', {
    timeout: 60_000,
  }, async () => {
    await using store = await createTestStore();
    await using first = await startServer(store);
    const ada = await register(first.url);

    const second = await expectToWriteNothing(store.dataDir, async () => {
      await using process = spawnServer(store);
      return { ...(await process.exited), output: process.output };
    });

    expect(second.code).toBe(1);
    // Two seconds are promised for a machine that is free; a busy one takes longer to start any process.
    await using idle = spawnServer({ ...store, env: { PORT: 'none' } });
    const { ms: machineMs } = await idle.exited;
    expect(second.ms).toBeLessThan(Math.max(2000, 4 * machineMs));
    await call(first.url, 'tasks.create', { title: 'still served' }, ada.token);
    const lastLine = second.output.at(-1);
    expect(lastLine).toContain(String(first.pid));
    expect(lastLine).toContain(store.dataDir);
  });

  test('F3: the lock of a killed process is taken over', { timeout: 60_000 }, async () => {
    await using store = await createTestStore();
    await using first = await startServer(store);
    const ada = await register(first.url);
    const kept = await call(first.url, 'tasks.create', { title: 'kept' }, ada.token);
    await first.kill('SIGKILL');

    await using second = await startServer(store);

    expect(await health(second.url)).toMatchObject({ httpStatus: 200, body: { status: 'healthy' } });
    expect((await call(second.url, 'tasks.get', { id: kept.id }, ada.token)).title).toBe('kept');
    // It holds the lock for itself now.
    await using third = spawnServer(store);
    expect(await third.exited).toMatchObject({ code: 1 });
    expect(third.output.join('\n')).toContain(String(second.pid));
  });
} else {
  test('with an external database, a second process on the same data directory serves beside the first', {
    timeout: 60_000,
  }, async () => {
    await using store = await createTestStore();
    await using first = await startServer(store);
    await using second = await startServer(store);

    const ada = await register(first.url);
    const { id } = await call(second.url, 'tasks.create', { title: 'written by the second' }, ada.token);
    expect((await call(first.url, 'tasks.get', { id }, ada.token)).title).toBe('written by the second');
  });
}

/**
 * Runs `work` and expects that nothing below `root` was written. It repeats if something was: the owner's PostgreSQL
 * sometimes writes by itself, but a write of `work` would happen each time.
 */
async function expectToWriteNothing<T>(root: string, work: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    const before = await quietListing(root);
    const result = await work();
    const after = await listing(root);
    if (attempt < 3 && after.join() !== before.join()) continue;
    expect(after).toEqual(before);
    return result;
  }
}

/** Every file and directory below `root` with its size and the time of its last change, as one text each. */
async function listing(root: string): Promise<string[]> {
  const names = await readdir(root, { recursive: true });
  const lines = await Promise.all(
    ['.', ...names].map(async (name) => {
      const { size, mtimeMs, ctimeMs } = await stat(join(root, name));
      return `${name} ${size} bytes, changed ${mtimeMs} ${ctimeMs}`;
    }),
  );
  return lines.toSorted();
}

/** The listing once the server that owns the directory has stopped writing. */
async function quietListing(root: string): Promise<string[]> {
  for (let before = await listing(root); ; ) {
    await sleep(500);
    const now = await listing(root);
    if (now.join() === before.join()) return now;
    before = now;
  }
}

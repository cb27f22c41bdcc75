import { setTimeout as sleep } from 'node:timers/promises';
import type { Database } from '@alice/db';
import { expect, test } from 'vitest';
import { CallError, call, type Person, register } from './harness/call.ts';
import { type ServerOptions, startServer } from './harness/child-server.ts';
import { testRedisUrl } from './harness/env.ts';
import { LiveCopy } from './harness/live-copy.ts';
import { createTestStore } from './harness/test-store.ts';

const people = 5;
const copiesEach = 4;
const killAfterMs = [1500, 2000];
const thenMs = 2000;
const quietMs = 2500;

interface Acknowledgement {
  readonly person: Person;
  readonly id: string;
  readonly version: number;
}

test('after crashes and disconnects every client receives every change once, in order, and matches the database', {
  timeout: 180_000,
}, async () => {
  await using store = await createTestStore();
  const redisUrl = testRedisUrl() ?? undefined;
  const options: ServerOptions = { ...store, redisUrl };
  // An embedded database belongs to one process.
  const servers = await Promise.all(
    Array.from({ length: store.databaseUrl === undefined ? 1 : 2 }, () => startServer(options)),
  );
  const urls = () => servers.map(({ url }) => url);
  try {
    const persons = await Promise.all(Array.from({ length: people }, () => register(anyOf(urls()))));
    const copies = persons.flatMap((person) => Array.from({ length: copiesEach }, () => new LiveCopy(person, urls)));
    const following = Promise.all(copies.map((copy) => copy.follow()));
    const acknowledged: Acknowledgement[] = [];
    const over = new AbortController();
    const writing = persons.map((person) => keepWriting(person, urls, acknowledged, over.signal));
    const cutting = keepCutting(copies, over.signal);

    for (const ms of killAfterMs) {
      await sleep(ms);
      const index = Math.floor(Math.random() * servers.length);
      await servers[index]?.kill('SIGKILL');
      servers[index] = await startServer(options);
    }
    await sleep(thenMs);
    over.abort();
    await Promise.all([...writing, cutting]);
    await untilQuiet(copies);
    for (const copy of copies) copy.stop();
    await following;
    for (const server of servers) expect(await server.kill('SIGTERM')).toMatchObject({ code: 0 });

    await using database = await store.open();
    const history = await readHistory(database);
    const lost = acknowledged.filter(({ id, version }) => !history.versions.has(`${id} ${version}`));
    expect(lost).toEqual([]);
    for (const copy of copies) {
      expect(copy.faults).toEqual([]);
      const numbers = history.numbers.get(copy.person.id) ?? [];
      expect(copy.received).toEqual(numbers.filter((number) => number > copy.start));
      for (const entity of ['task', 'goal'] as const) {
        expect(copy.rows(entity)).toEqual(await liveRows(database, entity, copy.person.id));
      }
    }
    const received = copies.reduce((sum, copy) => sum + copy.received.length, 0);
    const connects = copies.reduce((sum, copy) => sum + copy.connects, 0);
    console.log(
      `${servers.length} processes on ${store.databaseUrl === undefined ? 'the embedded PostgreSQL' : 'PostgreSQL'}` +
        `${redisUrl === undefined ? '' : ' and Redis'}: ${acknowledged.length} acknowledged writes, ` +
        `${received} changes over ${connects} streams to ${copies.length} copies, ${killAfterMs.length} kills`,
    );
    expect(acknowledged.length).toBeGreaterThan(100);
    expect(connects).toBeGreaterThan(2 * copies.length);
  } finally {
    await Promise.all(servers.map((server) => server[Symbol.asyncDispose]()));
  }
});

/** Creates, changes, deletes and restores, one after the other, whether the servers are there or not. */
async function keepWriting(
  person: Person,
  urls: () => readonly string[],
  acknowledged: Acknowledgement[],
  over: AbortSignal,
): Promise<void> {
  const note = ({ id, version }: { readonly id: string; readonly version: number }) =>
    acknowledged.push({ person, id, version });
  const { token } = person;
  for (let count = 0; !over.aborted; count += 1) {
    const title = `change ${count}`;
    try {
      const task = await call(anyOf(urls()), 'tasks.create', { title }, token);
      note(task);
      note(await call(anyOf(urls()), 'tasks.update', { id: task.id, title: `${title}, again` }, token));
      note(await call(anyOf(urls()), 'tasks.delete', { id: task.id }, token));
      if (count % 2 === 0) note(await call(anyOf(urls()), 'tasks.restore', { id: task.id }, token));
      note(await call(anyOf(urls()), 'goals.create', { title }, token));
    } catch (error) {
      // The server is gone, or going: the write may be there or not.
      if (error instanceof CallError && error.status < 500) throw error;
      await sleep(50);
    }
    await sleep(20);
  }
}

async function keepCutting(copies: readonly LiveCopy[], over: AbortSignal): Promise<void> {
  while (!over.aborted) {
    await sleep(Math.random() * 200);
    anyOf(copies).cut();
  }
}

/** Until nothing has come for longer than a client takes to come back and a lost announcement to be found. */
async function untilQuiet(copies: readonly LiveCopy[]): Promise<void> {
  let before = '';
  for (let changedAt = performance.now(); performance.now() - changedAt < quietMs; await sleep(50)) {
    const now = copies.map(({ lastSeen }) => lastSeen).join();
    if (now !== before) changedAt = performance.now();
    before = now;
  }
}

async function readHistory(database: Database) {
  const lines = await database.query<{ userId: string; number: number; id: string; version: number }>(
    {
      text: `SELECT user_id AS "userId", number, entity_id AS id, (after ->> 'version')::int AS version
               FROM activity WHERE entity IN ('user', 'list', 'label', 'goal', 'task') ORDER BY user_id, number`,
    },
    [],
  );
  const byPerson = Map.groupBy(lines, ({ userId }) => userId);
  return {
    numbers: new Map([...byPerson].map(([userId, own]) => [userId, own.map(({ number }) => number)])),
    versions: new Set(lines.map(({ id, version }) => `${id} ${version}`)),
  };
}

async function liveRows(database: Database, entity: 'task' | 'goal', userId: string): Promise<string[]> {
  const rows = await database.query<{ id: string; version: number; title: string }>(
    { text: `SELECT id, version, title FROM ${entity}s WHERE user_id = $1 AND deleted_at IS NULL` },
    [userId],
  );
  return rows.map(({ id, version, title }) => `${id} ${version} ${title}`).sort();
}

function anyOf<T>(values: readonly T[]): T {
  const value = values[Math.floor(Math.random() * values.length)];
  if (value === undefined) throw new Error('there is none');
  return value;
}

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Database } from '@alice/db';
import { expect, test } from 'vitest';
import { CallError, call, health, type Person, register } from './harness/call.ts';
import { type ChildServer, startServer } from './harness/child-server.ts';
import { roundsFactor, testDatabaseUrl } from './harness/env.ts';
import { createTestStore } from './harness/test-store.ts';

const people = 4;
const writersEach = 2;
const promisedMs = 5000;

/** What a reply promised: from then on the task has at least this version, and had this title in this version. */
interface Acknowledgement {
  readonly person: Person;
  readonly id: string;
  readonly version: number;
  readonly title: string;
}

/** What is killed, and how often; more often with TEST_ROUNDS. The embedded PostgreSQL is a process beside ours. */
const victims =
  testDatabaseUrl() === null
    ? ([
        ['our process', 5],
        ['its PostgreSQL', 2],
        ['both', 2],
      ] as const)
    : ([['our process', 5]] as const);

for (const [victim, usually] of victims) {
  const rounds = usually * roundsFactor();
  test(`F1: kill -9 of ${victim} during writes loses no acknowledged write and leaves none half-done`, {
    timeout: 180_000 * roundsFactor(),
  }, async () => {
    const startedAt = performance.now();
    await using store = await createTestStore();
    const acknowledged: Acknowledgement[] = [];
    const restartsMs: number[] = [];

    let server = await startServer(store);
    // The promise is for a machine that is free; a busy one gets as many times longer as it took for an ordinary start.
    const readyLimitMs = Math.max(promisedMs, 4 * (performance.now() - startedAt));
    try {
      const { url } = server;
      const persons = await Promise.all(Array.from({ length: people }, () => register(url)));
      for (let round = 1; round <= rounds; round += 1) {
        await writeUntilKilled(server, persons, acknowledged, async () => {
          if (victim !== 'our process') await killPostgres(store.dataDir);
          if (victim !== 'its PostgreSQL') await server.kill('SIGKILL');
        });

        const killedAt = performance.now();
        if (victim !== 'its PostgreSQL') server = await startServer(store);
        restartsMs.push((await untilHealthy(server.url)) - killedAt);
        expect(await lost(server.url, persons, acknowledged), `lost in round ${round}`).toEqual([]);
      }
      expect(await server.kill('SIGTERM')).toMatchObject({ code: 0 });

      await using database = await store.open();
      expect(await halfDone(database, acknowledged)).toEqual([]);
    } finally {
      await server[Symbol.asyncDispose]();
    }

    const slowest = Math.max(...restartsMs);
    const creates = acknowledged.filter(({ version }) => version === 1).length;
    console.log(
      `F1 on ${store.databaseUrl === undefined ? 'the embedded PostgreSQL' : 'PostgreSQL'}, ${victim}: ` +
        `${acknowledged.length} acknowledged writes (${creates} creates, ${acknowledged.length - creates} updates), ` +
        `${restartsMs.length} kills, ready again after ${Math.round(slowest)} ms at most, ` +
        `${Math.round((performance.now() - startedAt) / 1000)} s in all`,
    );
    // Enough that kills fell into writes; a busy machine writes a few a round.
    expect(acknowledged.length).toBeGreaterThan(rounds * people);
    expect(slowest).toBeLessThan(readyLimitMs);
  });
}

async function killPostgres(dataDir: string): Promise<void> {
  const pidFile = await readFile(join(dataDir, 'postgresql', 'postmaster.pid'), 'utf8');
  process.kill(Number.parseInt(pidFile, 10), 'SIGKILL');
}

/**
 * Waits for health twice in a row, as connections that died with the database may be found one after the other. Gives the
 * moment of the first.
 */
async function untilHealthy(url: string): Promise<number> {
  for (let since: number | null = null; ; ) {
    const { httpStatus } = await health(url);
    const now = performance.now();
    if (httpStatus === 200 && since !== null) return since;
    since = httpStatus === 200 ? now : null;
    // Longer than a health reply is kept.
    await sleep(since === null ? 50 : 550);
  }
}

/** Writes with all writers at once and kills at a random moment while they do. */
async function writeUntilKilled(
  server: ChildServer,
  persons: readonly Person[],
  acknowledged: Acknowledgement[],
  kill: () => Promise<void>,
): Promise<void> {
  let isKilled = false;
  const writers = persons.flatMap((person) =>
    Array.from({ length: writersEach }, () => write(server.url, person, acknowledged, () => isKilled)),
  );
  const killed = sleep(50 + Math.random() * 550).then(() => {
    isKilled = true;
    return kill();
  });
  await Promise.all([...writers, killed]);
}

/** Creates tasks and updates each twice, for ever; each reply is on the list before the next request is sent. */
async function write(
  url: string,
  person: Person,
  acknowledged: Acknowledgement[],
  isKilled: () => boolean,
): Promise<void> {
  try {
    for (let count = 1; ; count += 1) {
      const { id, version, title } = await call(url, 'tasks.create', { title: `task ${count}` }, person.token);
      acknowledged.push({ person, id, version, title });
      for (const change of ['first', 'second']) {
        const input = { id, title: `task ${count}, ${change} change` };
        const changed = await call(url, 'tasks.update', input, person.token);
        acknowledged.push({ person, id, version: changed.version, title: changed.title });
      }
    }
  } catch (error) {
    // No reply, or 503 as the database is gone: this write may be there or not.
    if (!isKilled() || (error instanceof CallError && error.status !== 503)) throw error;
  }
}

/** The acknowledged writes that clients do not find any more. */
async function lost(
  url: string,
  persons: readonly Person[],
  acknowledged: readonly Acknowledgement[],
): Promise<string[]> {
  const found = new Map<string, { readonly version: number; readonly title: string }>();
  for (const person of persons) {
    let cursor: string | undefined;
    do {
      const page = await call(url, 'tasks.list', { limit: 100, cursor }, person.token);
      for (const task of page.items) found.set(`${person.id} ${task.id}`, task);
      cursor = page.nextCursor ?? undefined;
    } while (cursor !== undefined);
  }
  return acknowledged.flatMap(({ person, id, version, title }) => {
    const task = found.get(`${person.id} ${id}`);
    if (task === undefined) return `task ${id}: gone`;
    if (task.version < version) return `task ${id}: version ${version} was acknowledged, ${task.version} is there`;
    return task.version === version && task.title !== title ? `task ${id}: version ${version} has another title` : [];
  });
}

interface Line {
  readonly userId: string;
  readonly number: number;
  readonly entity: string;
  readonly entityId: string;
  readonly action: string;
  readonly title: string | null;
}

/** Changes of which only a part is in the database: rows, activity lines and counters that do not fit each other. */
async function halfDone(database: Database, acknowledged: readonly Acknowledgement[]): Promise<string[]> {
  const lines = await database.query<Line>(
    {
      text: `SELECT user_id AS "userId", number, entity, entity_id AS "entityId", action, after ->> 'title' AS title
               FROM activity ORDER BY user_id, number`,
    },
    [],
  );
  const counters = await database.query<{ userId: string; number: number }>(
    { text: 'SELECT user_id AS "userId", number FROM change_counters' },
    [],
  );
  const tasks = await database.query<{ userId: string; id: string; version: number; title: string }>(
    { text: 'SELECT user_id AS "userId", id, version, title FROM tasks' },
    [],
  );
  const faults: string[] = [];

  const byPerson = Map.groupBy(lines, ({ userId }) => userId);
  for (const { userId, number } of counters) {
    const numbers = (byPerson.get(userId) ?? []).map((line) => line.number);
    const firstWrong = numbers.findIndex((found, index) => found !== index + 1);
    if (firstWrong !== -1)
      faults.push(`person ${userId}: number ${numbers[firstWrong]} stands where ${firstWrong + 1} should`);
    if (number !== numbers.at(-1))
      faults.push(`person ${userId}: the counter says ${number}, the last line ${numbers.at(-1)}`);
  }
  if (counters.length !== people) faults.push(`${counters.length} counters for ${people} people`);

  // Version k of a task is what its k-th line wrote.
  const byTask = Map.groupBy(
    lines.filter(({ entity }) => entity === 'task'),
    ({ userId, entityId }) => `${userId} ${entityId}`,
  );
  const rows = new Set(tasks.map(({ userId, id }) => `${userId} ${id}`));
  for (const key of byTask.keys()) if (!rows.has(key)) faults.push(`task ${key}: lines without a row`);
  for (const { userId, id, version, title } of tasks) {
    const history = byTask.get(`${userId} ${id}`) ?? [];
    if (history.length !== version) faults.push(`task ${id}: version ${version} with ${history.length} lines`);
    if (history[0]?.action !== 'create') faults.push(`task ${id}: its first line is ${history[0]?.action}`);
    if (history.at(-1)?.title !== title) faults.push(`task ${id}: its last line wrote another title`);
  }
  for (const { person, id, version, title } of acknowledged) {
    if (byTask.get(`${person.id} ${id}`)?.[version - 1]?.title !== title) {
      faults.push(`task ${id}: the line of the acknowledged version ${version} is not there`);
    }
  }
  return faults;
}

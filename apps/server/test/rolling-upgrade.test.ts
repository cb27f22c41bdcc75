import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { joinDatabase } from '@alice/db';
import { migrate } from '@alice/db/migrations';
import { expect, test } from 'vitest';
import { call, type Person, register } from './harness/call.ts';
import { startServer } from './harness/child-server.ts';
import { until } from './harness/live.ts';
import { createTestStore } from './harness/test-store.ts';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const people = 4;
const timeout = 180_000;
/** What each person does at least before the migration, and again after it: twice everything. */
const callsEach = 12;
/** However slow the machine. */
const workLimitMs = 60_000;

/** What a next version may bring: columns with defaults in tables that are in use, an index, a table of its own. */
const nextMigration = `
  ALTER TABLE tasks ADD COLUMN next_note text, ADD COLUMN next_count integer NOT NULL DEFAULT 7;
  ALTER TABLE users ADD COLUMN next_flag boolean NOT NULL DEFAULT false;
  ALTER TABLE activity ADD COLUMN next_source text;
  ALTER TABLE sessions ADD COLUMN next_kind text NOT NULL DEFAULT 'web';
  CREATE INDEX tasks_next ON tasks (user_id, next_count);
  CREATE TABLE next_things (user_id uuid NOT NULL, id uuid NOT NULL, PRIMARY KEY (user_id, id));
`;

/** The present server with one migration more, laid out as in the repository. */
async function nextVersion(): Promise<{ entry: string; migrations: string; remove(): Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'alice-next-'));
  const server = join(folder, 'apps/server');
  const migrations = join(folder, 'prisma/migrations');
  await mkdir(server, { recursive: true });
  await cp(join(root, 'apps/server/dist'), join(server, 'dist'), { recursive: true });
  await symlink(join(root, 'apps/server/node_modules'), join(server, 'node_modules'));
  await cp(join(root, 'prisma/migrations'), migrations, { recursive: true });
  const next = join(migrations, '29991231235959_next');
  await mkdir(next);
  await writeFile(join(next, 'migration.sql'), nextMigration);
  await writeFile(join(next, 'down.sql'), 'SELECT 1');
  return {
    entry: join(server, 'dist/main.js'),
    migrations,
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}

/** Somebody at work, and how many calls have been answered. */
class Worker {
  calls = 0;
  readonly ended: Promise<void>;

  constructor(url: string, person: Person, over: AbortSignal) {
    this.ended = this.#keepWorking(url, person, over);
    this.ended.catch(() => undefined);
  }

  /** Uses everything that the migration touches, over and over; whatever fails ends it. */
  async #keepWorking(url: string, person: Person, over: AbortSignal): Promise<void> {
    while (!over.aborted) {
      const { id } = await this.#call(url, 'tasks.create', { title: 'before and after' }, person.token);
      await this.#call(url, 'tasks.update', { id, title: 'changed' }, person.token);
      await this.#call(url, 'tasks.complete', { id }, person.token);
      await this.#call(url, 'tasks.list', { limit: 20 }, person.token);
      await this.#call(url, 'sync.pull', { cursor: undefined }, person.token);
      await this.#call(url, 'auth.login', { email: person.email, password: person.password });
    }
  }

  readonly #call: typeof call = async (...args) => {
    const reply = await call(...args);
    this.calls += 1;
    return reply;
  };
}

/** Until each has done as much more. Throws when one of them fails. */
async function letWork(workers: readonly Worker[]): Promise<void> {
  const before = workers.map(({ calls }) => calls);
  const haveAll = () => workers.every(({ calls }, index) => calls >= (before[index] ?? 0) + callsEach);
  await Promise.race([
    until(haveAll, workLimitMs, 'everybody has worked'),
    Promise.all(workers.map(({ ended }) => ended)),
  ]);
}

test('F20: this version keeps working while the next one migrates the database and runs beside it', {
  timeout,
}, async () => {
  await using store = await createTestStore();
  await using stack = new AsyncDisposableStack();
  const next = await nextVersion();
  stack.defer(next.remove);
  const present = stack.use(await startServer(store));
  const persons = await Promise.all(Array.from({ length: people }, () => register(present.url)));
  const over = new AbortController();
  stack.defer(() => over.abort());
  const workers = persons.map((person) => new Worker(present.url, person, over.signal));
  await letWork(workers);

  if (store.databaseUrl === undefined) {
    // The embedded database has one server; a command may migrate it meanwhile.
    await using beside = await joinDatabase({ dataDir: store.dataDir });
    expect(await migrate({ database: beside, dir: next.migrations })).toEqual(['29991231235959_next']);
  } else {
    const newer = stack.use(await startServer({ ...store, entry: next.entry }));
    const person = await register(newer.url);
    workers.push(new Worker(newer.url, person, over.signal));
  }
  await letWork(workers);
  // Somebody new, too.
  await register(present.url);
  over.abort();
  await Promise.all(workers.map(({ ended }) => ended));
  console.log(
    `F20: ${workers.reduce((sum, { calls }) => sum + calls, 0)} calls before, during and after the migration, none failed`,
  );

  await using database =
    store.databaseUrl === undefined ? await joinDatabase({ dataDir: store.dataDir }) : await store.open();
  const wrong = await database.query({ text: 'SELECT id FROM tasks WHERE next_count <> 7' }, []);
  expect(wrong).toEqual([]);
});

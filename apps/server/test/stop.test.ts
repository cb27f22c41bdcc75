import { randomBytes, randomUUID } from 'node:crypto';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { inputParameter, type Person, register } from './harness/call.ts';
import { type ChildServer, startServer } from './harness/child-server.ts';
import { Connection, ConnectionLost, type RawResponse, requestText } from './harness/connection.ts';
import { createTestStore, type TestStore } from './harness/test-store.ts';

const connections = 50;
const timeout = 60_000;
const exitLimitMs = 10_000;

const settings: Readonly<Record<string, () => Readonly<Record<string, string>>>> = {
  development: () => ({}),
  production: () => ({
    APP_ENV: 'production',
    SECRET_KEY: randomBytes(48).toString('base64url'),
    JWT_SECRET_KEY: randomBytes(48).toString('base64url'),
  }),
};

for (const [name, env] of Object.entries(settings)) {
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    test(`F8: ${signal} under load in ${name} fails no accepted request`, { timeout }, async () => {
      await using store = await createTestStore();
      await using server = await startServer({ ...store, env: env() });
      const ada = await register(server.url);
      const seen = newTally();
      const clients = Array.from({ length: connections }, () => keepAsking(server.url, ada, seen));
      // Every connection is well in use, however slow the machine.
      while (seen.answered < 4 * connections) await sleep(10);

      const stoppedAt = performance.now();
      const { code } = await server.kill(signal);
      const stopMs = performance.now() - stoppedAt;
      await Promise.all(clients);

      const { answered, lost, refused, created, toldToClose } = seen;
      console.log(
        `${signal} in ${name}: ${answered} requests answered over ${connections} connections, ` +
          `${toldToClose} of which were told to close, ${lost.length} lost, stopped in ${Math.round(stopMs)} ms`,
      );
      expect({ lost, refused }).toEqual({ lost: [], refused: [] });
      expect(code).toBe(0);
      expect(stopMs).toBeLessThan(exitLimitMs);
      await expectCleanEnd(server, store);
      expect(await missingTasks(store, created)).toEqual([]);
    });
  }
}

for (const [first, second] of [
  ['SIGTERM', null],
  ['SIGTERM', 'SIGTERM'],
  ['SIGINT', 'SIGINT'],
  ['SIGTERM', 'SIGINT'],
] as const) {
  test(`logins in flight are answered after ${first}${second === null ? '' : `, although ${second} follows again and again`}`, {
    timeout,
  }, async () => {
    await using store = await createTestStore();
    await using server = await startServer(store);
    const { email, password } = await register(server.url);
    using stack = new DisposableStack();
    const opened = await Promise.all(Array.from({ length: 20 }, () => Connection.open(server.url)));
    for (const connection of opened) stack.use(connection);
    await Promise.all(opened.map(isAccepted));
    const logins = opened.map((connection) => {
      connection.send(requestText('POST', '/trpc/auth.login', { body: { email, password } }));
      return connection.response();
    });
    const replies = Promise.allSettled(logins);
    // Once these are answered, the logins written before them were read; most still wait for their turn to be hashed.
    using later = await Connection.open(server.url);
    await isAccepted(later);
    await isAccepted(later);

    const ended = server.kill(first);
    // Again and again: a single one may arrive together with the first and count as the same.
    const impatience = setInterval(() => second !== null && server.process.kill(second), 10);
    void ended.finally(() => clearInterval(impatience));

    const { code, signal } = await ended;
    const outcomes = (await replies).map((reply) =>
      reply.status === 'fulfilled' ? reply.value.status : String(reply.reason),
    );
    // Every login gets its answer; a busy machine refuses those that waited too long for their turn.
    const answered = outcomes.map((status) => (status === 429 ? 429 : 200));
    expect({ code, signal, outcomes }).toEqual({ code: 0, signal: null, outcomes: answered });
    expect(outcomes).toContain(200);
    await expectCleanEnd(server, store);
  });
}

/** A first request over a connection: from then on the server itself, and not only its kernel, knows of it. */
async function isAccepted(connection: Connection): Promise<void> {
  connection.send(requestText('GET', '/livez'));
  expect((await connection.response()).status).toBe(200);
}

interface Tally {
  answered: number;
  /** Connections whose last response said that it is the last. */
  toldToClose: number;
  /** Requests that went out on an open connection and got no whole response. */
  readonly lost: string[];
  /** Responses other than 200. */
  readonly refused: string[];
  /** Titles of the tasks that were created for sure. */
  readonly created: string[];
}

function newTally(): Tally {
  return { answered: 0, toldToClose: 0, lost: [], refused: [], created: [] };
}

/** Lists and creates over one connection, until the server says that this was the last response, or ends it in between. */
async function keepAsking(url: string, person: Person, seen: Tally): Promise<void> {
  using connection = await Connection.open(url);
  for (let count = 0; ; count += 1) {
    await sleep(Math.random() * 25);
    if (connection.isClosed) return;
    const title = count % 2 === 0 ? null : randomUUID();
    connection.send(
      title === null
        ? requestText('GET', `/trpc/tasks.list?${inputParameter({ limit: 20 })}`, { token: person.token })
        : requestText('POST', '/trpc/tasks.create', { token: person.token, body: { title } }),
    );
    let response: RawResponse;
    try {
      response = await connection.response();
    } catch (error) {
      if (!(error instanceof ConnectionLost)) throw error;
      seen.lost.push(`${title === null ? 'list' : 'create'}: ${error.message} (${String(error.cause)})`);
      return;
    }
    seen.answered += 1;
    if (response.status !== 200) seen.refused.push(`${response.status} ${response.body}`);
    else if (title !== null) seen.created.push(title);
    if (response.headers.get('connection') === 'close') {
      seen.toldToClose += 1;
      return;
    }
  }
}

/** The log was written to its end, and nobody is named as the owner of the data directory any more. */
async function expectCleanEnd(server: ChildServer, { dataDir }: TestStore): Promise<void> {
  expect(server.logs.at(-1)).toMatchObject({ msg: 'stopped' });
  expect(server.errors).toEqual([]);
  expect(server.logs.filter(({ level }) => level === 'error' || level === 'fatal')).toEqual([]);
  for (const name of await readdir(dataDir)) {
    const path = join(dataDir, name);
    if ((await stat(path)).isFile())
      expect(await readFile(path, 'utf8')).not.toMatch(new RegExp(`\\b${server.pid}\\b`));
  }
}

/** The tasks that were acknowledged and are not in the database. */
async function missingTasks(store: TestStore, titles: readonly string[]): Promise<string[]> {
  await using database = await store.open();
  const rows = await database.query<{ title: string }>({ text: 'SELECT title FROM tasks' }, []);
  const found = new Set(rows.map(({ title }) => title));
  return titles.filter((title) => !found.has(title));
}

import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { call, type Person, register } from '../harness/call.ts';
import { type ChildServer, startServer } from '../harness/child-server.ts';
import { openStream, until } from '../harness/live.ts';
import { createTestStore } from '../harness/test-store.ts';

const timeout = 60_000;
const endLimitMs = 1000;

interface Answer {
  readonly status: number;
  readonly body: string;
  readonly json: Record<string, unknown>;
}

/** What curl would be told. */
async function curl(url: string, token: string, method = 'GET', data?: object): Promise<Answer> {
  const response = await fetch(url, {
    method,
    headers: {
      authorization: `Bearer ${token}`,
      ...(data === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(data === undefined ? {} : { body: JSON.stringify(data) }),
  });
  const body = await response.text();
  return { status: response.status, body, json: JSON.parse(body) };
}

const withKey = (person: Person, key: string): Person => ({ ...person, token: key });

async function makeKey({ url }: ChildServer, { token }: Person, scopes: readonly string[]) {
  const { status, json } = await curl(`${url}/api/v1/api-keys`, token, 'POST', { name: 'curl', scopes });
  expect(status).toBe(201);
  const { key, apiKey } = json['data'] as { key: string; apiKey: { id: string } };
  return { key, id: apiKey.id };
}

/** How long until `url` answers 401, asked every 20 ms. */
async function refusedAfter(url: string, key: string): Promise<number> {
  const startedAt = performance.now();
  for (;;) {
    const { status } = await curl(url, key);
    const waited = performance.now() - startedAt;
    if (status === 401) return Math.round(waited);
    if (waited > 5000) throw new Error('it is not refused');
    await sleep(20);
  }
}

test('an API key over HTTP: created, used over REST and tRPC, and never shown again', { timeout }, async () => {
  await using store = await createTestStore();
  await using server = await startServer(store);
  const { url } = server;
  const ada = await register(url);
  const { key, id } = await makeKey(server, ada, ['tasks:read', 'tasks:write']);

  const made = await curl(`${url}/api/v1/tasks`, key, 'POST', { title: 'by curl' });
  expect(made.status).toBe(201);
  expect((await curl(`${url}/api/v1/tasks`, key)).json['data']).toMatchObject([{ title: 'by curl' }]);
  expect((await call(url, 'tasks.list', {}, key)).items).toMatchObject([{ title: 'by curl' }]);

  const [rest, trpc] = [await curl(`${url}/api/v1/goals`, key), await curl(`${url}/trpc/goals.list`, key)];
  expect([rest.status, trpc.status]).toEqual([403, 403]);
  expect(rest.json).toMatchObject({
    code: 'INSUFFICIENT_SCOPE',
    detail: 'The API key needs the scope goals:read',
  });
  expect(trpc.json).toMatchObject({ error: { data: { code: 'INSUFFICIENT_SCOPE' } } });
  for (const path of ['api-keys', `api-keys/${id}`]) {
    expect((await curl(`${url}/api/v1/${path}`, key)).json).toMatchObject({ code: 'INSUFFICIENT_SCOPE' });
  }

  const list = await curl(`${url}/api/v1/api-keys`, ada.token);
  expect(list.json['data']).toMatchObject([{ id, hint: key.slice(-4) }]);
  expect(list.body).not.toContain(key.slice(6, -4));
  await until(
    async () => (await call(url, 'apiKeys.get', { id }, ada.token)).lastUsedAddress === '127.0.0.1',
    3000,
    'its use is written',
  );
  expect(server.output.join('\n')).not.toContain(key.slice(6, -4));
});

test('a revoked key is refused within a second on every process, and its streams end', { timeout }, async () => {
  await using store = await createTestStore();
  await using here = await startServer(store);
  // An embedded database belongs to one process.
  await using another = store.databaseUrl === undefined ? null : await startServer(store);
  const there = another ?? here;
  const ada = await register(here.url);
  const stays = await makeKey(here, ada, ['tasks:read']);
  const times: number[] = [];
  const streamTimes: number[] = [];
  const refusals = new Set<string>();
  for (let round = 0; round < 5; round += 1) {
    const { key, id } = await makeKey(here, ada, ['tasks:read', 'sync:read']);
    const address = `${there.url}/api/v1/tasks`;
    expect((await curl(address, key)).status).toBe(200);
    using stream = await openStream(there, withKey(ada, key));
    await sleep(Math.random() * 1000);
    expect((await curl(address, key)).status).toBe(200);

    expect((await curl(`${here.url}/api/v1/api-keys/${id}`, ada.token, 'DELETE')).status).toBe(200);
    const revokedAt = performance.now();
    // Where it was revoked, with the next call.
    expect((await curl(`${here.url}/api/v1/tasks`, key)).status).toBe(401);
    const ended = stream.ended.then((inOrder) => {
      streamTimes.push(Math.round(performance.now() - revokedAt));
      return inOrder;
    });
    times.push(await refusedAfter(address, key));
    expect(await ended).toBe(true);
    expect(JSON.parse(stream.events.at(-1)?.data ?? '')).toMatchObject({
      code: 'UNAUTHENTICATED',
      detail: 'Invalid API key',
    });
    for (const text of [key, key.replace('alice_A', 'alice_B'), 'alice_x']) {
      const { status, body, json } = await curl(address, text);
      expect(status).toBe(401);
      refusals.add(body.replace(String(json['request_id']), '…'));
    }
  }
  expect(refusals.size).toBe(1);
  expect((await curl(`${there.url}/api/v1/tasks`, stays.key)).status).toBe(200);
  const processes = another === null ? 'the same process' : 'another process';
  console.log(
    `revoked keys refused by ${processes} after ${times.join(', ')} ms, streams ended after ${streamTimes.join(', ')} ms`,
  );
  expect(Math.max(...times, ...streamTimes)).toBeLessThan(endLimitMs);
});

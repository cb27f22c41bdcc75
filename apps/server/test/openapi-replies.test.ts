import { randomUUID } from 'node:crypto';
import { procedureMap } from '@alice/api';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startServer } from './harness/child-server.ts';
import { faultsOf, operations } from './harness/documented.ts';
import { createTestStore } from './harness/test-store.ts';
import { type House, openHouse } from './parity/house.ts';
import { overRest } from './parity/over-rest.ts';
import { validInputs } from './parity/valid-inputs.ts';
import { buildWorld } from './parity/world.ts';

let house: House;
const answered = new Set<string>();
beforeAll(async () => {
  house = await openHouse();
});
afterAll(() => house[Symbol.asyncDispose]());

interface Request {
  readonly path?: Readonly<Record<string, string | number>>;
  readonly query?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: object;
}

test('every operation responds as documented to valid and invalid requests', { timeout: 60_000 }, async () => {
  await using store = await createTestStore();
  await using server = await startServer(store);
  const faults: string[] = [];
  let token = '';

  /** Gives the data of a reply that must have this status, and notes where it is not as documented. */
  async function call(id: string, status: number, { path = {}, query = '', headers = {}, body }: Request = {}) {
    const { path: template = '', method = '' } = operations.get(id) ?? {};
    const address = template.replace(/\{(\w+)\}/g, (_, name: string) => String(path[name]));
    const leaving = new AbortController();
    const response = await fetch(`${server.url}${address}${query}`, {
      method: method.toUpperCase(),
      signal: leaving.signal,
      headers: {
        ...(token === '' ? {} : { authorization: `Bearer ${token}` }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const isStream = response.headers.get('content-type')?.startsWith('text/event-stream') ?? false;
    const text = isStream ? '' : await response.text();
    leaving.abort();
    if (response.status !== status) faults.push(`${id}: ${response.status} instead of ${status}: ${text}`);
    faults.push(...faultsOf(id, response, text));
    const isJson = response.headers.get('content-type')?.includes('json') ?? false;
    return { data: isJson ? JSON.parse(text).data : undefined, etag: response.headers.get('etag') ?? '' };
  }

  for (const id of ['health.check', 'health.live', 'health.ready']) await call(id, 200);
  await call('tasks.list', 401);
  const person = { email: `${randomUUID()}@example.test`, password: 'correct horse battery staple' };
  const registered = await call('auth.register', 201, { body: { ...person, name: 'Ada' } });
  await call('auth.register', 409, { body: { ...person, name: 'Ada' } });
  await call('auth.register', 400, { body: person });
  await call('auth.login', 401, { body: { ...person, password: 'another' } });
  await call('auth.login', 200, { body: person });
  await call('auth.refresh', 401, { body: { refreshToken: 'nonsense' } });
  const { data: tokens } = await call('auth.refresh', 200, {
    body: { refreshToken: registered.data.tokens.refreshToken },
  });
  token = tokens.accessToken;

  await call('users.me', 200);
  await call('users.update', 200, { body: { timeZone: 'Europe/Berlin' } });
  await call('users.get', 200, { path: { id: registered.data.user.id } });
  await call('users.get', 404, { path: { id: randomUUID() } });
  await call('users.list', 403);

  const { data: goal } = await call('goals.create', 201, { body: { title: 'Run', dueDate: '2027-04-11' } });
  const ofGoal = { path: { id: goal.id } };
  await call('goals.get', 200, ofGoal);
  await call('goals.list', 200, { query: '?state=active&state=paused&limit=1' });
  await call('goals.update', 200, { ...ofGoal, body: { metric: { current: 8 } } });

  const { data: list } = await call('lists.create', 201, { body: { name: 'Home', color: '#3B82F6' } });
  const ofList = { path: { id: list.id } };
  await call('lists.get', 200, ofList);
  await call('lists.get', 404, { path: { id: randomUUID() } });
  await call('lists.list', 200, { query: '?limit=1' });
  await call('lists.update', 200, { ...ofList, body: { name: 'House' } });
  await call('lists.update', 412, { ...ofList, headers: { 'if-match': '"1"' }, body: { name: 'Flat' } });
  await call('lists.reorder', 200, { ...ofList, body: { after: null } });
  for (const archived of [true, false]) await call('lists.archive', 200, { ...ofList, body: { archived } });
  for (const id of ['lists.delete', 'lists.restore']) await call(id, 200, ofList);
  const { data: label } = await call('labels.create', 201, { body: { name: 'errand', color: '#3B82F6' } });
  const ofLabel = { path: { id: label.id } };
  await call('labels.create', 409, { body: { name: 'Errand' } });
  await call('labels.get', 200, ofLabel);
  await call('labels.get', 404, { path: { id: randomUUID() } });
  await call('labels.list', 200, { query: '?limit=1' });
  await call('labels.update', 200, { ...ofLabel, body: { name: 'shop' } });
  await call('labels.update', 412, { ...ofLabel, headers: { 'if-match': '"1"' }, body: { name: 'x' } });
  for (const id of ['labels.delete', 'labels.restore']) await call(id, 200, ofLabel);
  await call('lists.delete', 409, { path: { id: registered.data.user.id } });

  const key = { 'idempotency-key': randomUUID() };
  const body = { title: 'Pay', goalId: goal.id, due: { date: '2026-12-01', time: '09:30', timeZone: 'Europe/Berlin' } };
  const { data: task } = await call('tasks.create', 201, { headers: key, body });
  await call('tasks.create', 422, { headers: key, body: { title: 'Another' } });
  await call('tasks.create', 404, { body: { title: 'Pay', goalId: randomUUID() } });
  await call('tasks.create', 415, { headers: { 'content-type': 'text/plain' }, body });
  await call('tasks.create', 413, { body: { title: 'x'.repeat(1024 * 1024) } });
  const ofTask = { path: { id: task.id } };
  const { etag } = await call('tasks.get', 200, ofTask);
  await call('tasks.get', 304, { ...ofTask, headers: { 'if-none-match': etag } });
  await call('tasks.list', 200, { query: '?due[from]=2026-12-01&deleted=false' });
  await call('tasks.list', 400, { query: '?limit=1000' });
  await call('tasks.update', 200, { ...ofTask, headers: { 'if-match': etag }, body: { title: 'Pay the rent' } });
  await call('tasks.update', 412, { ...ofTask, headers: { 'if-match': etag }, body: { title: 'Pay nothing' } });
  for (const id of ['tasks.tree', 'tasks.unblocks']) await call(id, 200, ofTask);
  await call('tasks.reorder', 200, { ...ofTask, body: { after: null } });
  await call('tasks.move', 200, { ...ofTask, body: { parentId: null } });
  await call('tasks.move', 409, { ...ofTask, body: { parentId: task.id } });
  for (const id of ['tasks.complete', 'tasks.reopen', 'tasks.delete', 'tasks.restore']) await call(id, 200, ofTask);
  await call('insights.overview', 200, { query: '?weeks=2' });

  await call('sync.live', 200);
  await call('sync.undo', 404, { path: { number: 999_999 } });
  // Making the account.
  await call('sync.undo', 409, { path: { number: 1 } });
  await call('goals.delete', 200, ofGoal);
  await call('goals.restore', 200, ofGoal);
  await call('tasks.delete', 200, ofTask);
  const { data: latest } = await call('sync.pull', 200, { query: '?limit=100' });
  const last = Math.max(...latest.map(({ number }: { number: number }) => number));
  await call('sync.undo', 200, { path: { number: last } });
  await call('sync.undoSince', 404, { body: { since: last, madeBy: randomUUID() } });
  await call('auth.logout', 200);
  await call('auth.logout', 401);

  expect(faults).toEqual([]);
});

const timeout = 60_000;
const served = [...procedureMap.values()].filter(({ path }) => operations.has(path));

/** A server in this process, with people who have what each call needs. */
test.each(served)('$path responds to every valid call as documented', { timeout }, async (procedure) => {
  const { path, meta } = procedure;
  const world = await buildWorld(house, `replies-${path}`, meta.access === 'admin' ? 'admin' : 'user', path);
  const tokens = meta.access === 'public' ? null : world.person;
  const faults: string[] = [];
  for (const input of validInputs(procedure, world)) {
    const answer = await overRest(house.url, { procedure, input, tokens, requestId: 'the-same-request' });
    if (answer.outcome.ok) answered.add(path);
    if (procedure.type !== 'subscription') faults.push(...faultsOf(path, answer, answer.text));
  }
  expect(faults).toEqual([]);
  expect(answered).toContain(path);
});

import { afterEach, expect, test, vi } from 'vitest';
import { startAccount } from '../test/account.ts';
import { startPeer } from '../test/peer.ts';
import { createAliceClient, type RequestEvent, type ResponseEvent } from './index.ts';

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
});

const page = { data: { items: [], nextCursor: null } };

function watch() {
  const requests: RequestEvent[] = [];
  const responses: ResponseEvent[] = [];
  const hooks = {
    onRequest: (event: RequestEvent) => requests.push(event),
    onResponse: (event: ResponseEvent) => responses.push(event),
  };
  return { requests, responses, hooks };
}

test('each attempt is reported once, with its procedure and its result', async () => {
  vi.spyOn(Math, 'random').mockReturnValue(0);
  const peer = await startPeer(({ request }) => (request === 1 ? { code: 'BUSY', status: 503 } : page));
  const { requests, responses, hooks } = watch();
  const alice = createAliceClient({ url: peer.url, headers: { 'x-tenant': 'north' }, ...hooks });
  await Promise.all([alice.tasks.list.query({}), alice.goals.list.query({})]);
  await alice.tasks.create.mutate({ title: 'a' });
  expect(requests.map(({ procedures, method }) => [procedures.join(), method])).toEqual([
    ['tasks.list,goals.list', 'GET'],
    ['tasks.list,goals.list', 'GET'],
    ['tasks.create', 'POST'],
  ]);
  expect(requests[0]?.url.startsWith(`${peer.url}/trpc/tasks.list,goals.list?`)).toBe(true);
  expect(requests[0]?.headers.get('x-tenant')).toBe('north');
  expect(requests[2]?.headers.get('idempotency-key')).toBe(peer.calls.at(-1)?.idempotencyKey);
  expect(responses).toMatchObject([
    { procedures: ['tasks.list', 'goals.list'], status: 503, requestId: 'request-1' },
    { procedures: ['tasks.list', 'goals.list'], status: 200, requestId: 'request-2' },
    { procedures: ['tasks.create'], status: 200, requestId: 'request-3' },
  ]);
});

test('the duration ends when the response starts', async () => {
  const peer = await startPeer(() => new Promise((resolve) => setTimeout(() => resolve(page), 60)));
  const { responses, hooks } = watch();
  await createAliceClient({ url: peer.url, ...hooks }).tasks.list.query({});
  expect(responses[0]?.ms).toBeGreaterThanOrEqual(55);
});

test('an attempt without a response is reported, too', async () => {
  const { requests, responses, hooks } = watch();
  const alice = createAliceClient({ url: 'http://127.0.0.1:1', retries: 0, ...hooks });
  await expect(alice.tasks.list.query({})).rejects.toMatchObject({ code: 'NETWORK' });
  expect(requests).toHaveLength(1);
  expect(responses).toMatchObject([{ procedures: ['tasks.list'], status: undefined, requestId: undefined }]);
});

test('refreshes and streams are reported; the access token is not', async () => {
  const account = await startAccount({
    openStream(stream) {
      stream.connect(1);
    },
  });
  const { requests, responses, hooks } = watch();
  const alice = createAliceClient({ url: account.url, ...hooks });
  await alice.auth.login.mutate({ email: 'a@example.com', password: 'correct horse battery staple' });
  account.expireAccess();
  await alice.tasks.list.query({});
  const off = alice.live.on('change', () => {});
  await vi.waitFor(() => expect(responses).toHaveLength(5));
  off();
  expect(requests.map(({ procedures }) => procedures.join())).toEqual([
    'auth.login',
    'tasks.list',
    'auth.refresh',
    'tasks.list',
    'sync.live',
  ]);
  expect(requests.map(({ headers }) => headers.get('authorization'))).toEqual([
    null,
    '[hidden]',
    null,
    '[hidden]',
    '[hidden]',
  ]);
  const seen = JSON.stringify([...requests, ...responses].map((event) => ({ ...event, headers: [...event.headers] })));
  expect(seen).not.toContain(account.tokens?.accessToken);
  expect(responses.at(-1)).toMatchObject({ procedures: ['sync.live'], status: 200 });
});

test('hooks can neither change nor break a call; their errors are reported', async () => {
  const reported = vi.fn();
  vi.stubGlobal('reportError', reported);
  const peer = await startPeer(() => page);
  const alice = createAliceClient({
    url: peer.url,
    headers: { 'x-tenant': 'north' },
    onRequest({ headers }) {
      headers.delete('x-tenant');
      throw new Error('of onRequest');
    },
    onResponse() {
      throw new Error('of onResponse');
    },
  });
  await expect(alice.tasks.list.query({})).resolves.toEqual(page.data);
  expect(peer.calls[0]?.headers['x-tenant']).toBe('north');
  expect(reported.mock.calls.map(([error]) => error.message)).toEqual(['of onRequest', 'of onResponse']);
});

import { afterEach, expect, expectTypeOf, test, vi } from 'vitest';
import { type Account, startAccount } from '../test/account.ts';
import { type PeerFailure, type PeerStream, startPeer } from '../test/peer.ts';
import { followStream } from './follow-stream.ts';
import { type AliceClient, type Change, createAliceClient, memoryTokenStore } from './index.ts';

afterEach(() => vi.restoreAllMocks());

/** Back-off takes no time: what is left is what the server asks for. */
const hurry = () => vi.spyOn(Math, 'random').mockReturnValue(0);

const at = '2026-11-22T09:30:00.000Z';
const change = (number: number) => ({
  number,
  changedAt: at,
  action: 'update',
  entity: 'task',
  id: '1',
  deleted: false,
  row: { id: '1', title: at, version: number, createdAt: at, completedAt: null },
});

type Script = (stream: PeerStream, connection: number) => void;

/** A server whose streams follow the script, connection by connection, and which knows no sessions. */
async function peerWith(script: Script) {
  let connections = 0;
  const streams: PeerStream[] = [];
  const peer = await startPeer(
    () => ({ data: {} }),
    undefined,
    (stream) => {
      streams.push(stream);
      connections += 1;
      script(stream, connections);
    },
  );
  return { peer, streams, alice: createAliceClient({ url: peer.url }) };
}

/** Collects what comes until so many changes have come. */
async function take(alice: AliceClient, count: number, input: { lastEventId?: string } = {}) {
  const taken: { id: string; data: Change }[] = [];
  for await (const event of alice.sync.live.subscribe(input)) {
    taken.push(event);
    if (taken.length === count) break;
  }
  return taken;
}

const inputs = (streams: PeerStream[]) => streams.map(({ call }) => call.input);

test('changes contain their numbers and Dates, and the token is not in the URL', async () => {
  const account = await startAccount({
    openStream(stream) {
      stream.connect(56);
      stream.change(57, change(57));
    },
  });
  const alice = createAliceClient({ url: account.url, headers: { 'x-tenant': 'north' } });
  await alice.auth.login.mutate({ email: 'a@example.com', password: 'correct horse battery staple' });
  const [event] = await take(alice, 1, { lastEventId: '56' });
  expectTypeOf(event?.data).toEqualTypeOf<Change | undefined>();
  expect(event?.id).toBe('57');
  expect(event?.data).toMatchObject({
    number: 57,
    changedAt: new Date(at),
    row: { title: at, createdAt: new Date(at) },
  });
  const { headers, ...call } = account.calls.at(-1) ?? expect.fail();
  expect(call).toMatchObject({ path: 'sync.live', type: 'subscription', input: { lastEventId: '56' } });
  expect(headers).toMatchObject({
    accept: 'text/event-stream',
    authorization: `Bearer ${account.tokens?.accessToken}`,
    'x-tenant': 'north',
  });
});

test('callbacks are called at each step', async () => {
  hurry();
  const { streams, alice } = await peerWith((stream, connection) => {
    stream.connect(0);
    if (connection === 1) stream.end();
    else stream.change(1, change(1));
  });
  const steps: unknown[] = [];
  const subscription = alice.sync.live.subscribe(
    {},
    {
      onStarted: () => steps.push('started'),
      onData: ({ id }) => steps.push(id),
      onConnectionStateChange: ({ state }) => steps.push(state),
      onError: () => steps.push('error'),
      onStopped: () => steps.push('stopped'),
      onComplete: () => steps.push('complete'),
    },
  );
  await vi.waitFor(() => expect(steps).toContain('1'));
  subscription.unsubscribe();
  await streams[1]?.closed;
  const connected = ['started', 'pending'];
  expect(steps).toEqual(['connecting', ...connected, 'connecting', ...connected, '1', 'complete']);
});

test.each<[string, (stream: PeerStream) => void]>([
  ['the stream ends', (stream) => stream.end()],
  ['the connection breaks', (stream) => stream.drop()],
])('when %s it resumes after the last change', async (_, leave) => {
  hurry();
  const { streams, alice } = await peerWith((stream, connection) => {
    stream.connect(connection * 10);
    stream.change(connection * 10 + 1, change(connection * 10 + 1));
    // So that what was written goes out before the connection breaks.
    if (connection < 3) setTimeout(() => leave(stream), 20);
  });
  const taken = await take(alice, 3);
  expect(taken.map(({ id }) => id)).toEqual(['11', '21', '31']);
  expect(inputs(streams)).toEqual([{}, { lastEventId: '11' }, { lastEventId: '21' }]);
});

test('a disconnect before the first change loses nothing', async () => {
  hurry();
  const { streams, alice } = await peerWith((stream, connection) => {
    stream.connect(56);
    if (connection === 1) stream.end();
    else stream.change(57, change(57));
  });
  await take(alice, 1);
  expect(inputs(streams)).toEqual([{}, { lastEventId: '56' }]);
});

test.each<[string, 'hang up' | PeerFailure]>([
  ['hangs up', 'hang up'],
  ['answers 429', { code: 'TOO_MANY_REQUESTS', status: 429 }],
  ['answers 502', { code: 'UNAVAILABLE', status: 502 }],
  ['answers 503', { code: 'UNAVAILABLE', status: 503 }],
  ['answers 504', { code: 'UNAVAILABLE', status: 504 }],
])('a server that %s is retried many times', async (_, refusal) => {
  hurry();
  const { streams, alice } = await peerWith((stream, connection) => {
    if (connection <= 8) stream.refuse(refusal);
    else stream.change(1, change(1));
  });
  await take(alice, 1);
  expect(streams).toHaveLength(9);
});

test('it does not reconnect before the time that the server asks for', async () => {
  const { alice } = await peerWith((stream, connection) => {
    if (connection === 1) stream.refuse({ code: 'TOO_MANY_REQUESTS', status: 429, retryAfterSeconds: 1 });
    else stream.change(1, change(1));
  });
  const begin = performance.now();
  await take(alice, 1);
  expect(performance.now() - begin).toBeGreaterThanOrEqual(1000);
});

test('the delay grows with each failed connection, and starts again after a successful one', async () => {
  const pauses: number[] = [];
  const { setTimeout: schedule } = globalThis;
  vi.spyOn(Math, 'random').mockReturnValue(1);
  vi.spyOn(globalThis, 'setTimeout').mockImplementation((work, delay = 0, ...values) => {
    const isBackoff = new Error('for its stack').stack?.includes('sleep') === true;
    if (isBackoff) pauses.push(delay);
    return schedule(work, isBackoff ? 0 : delay, ...values);
  });
  const { alice } = await peerWith((stream, connection) => {
    if (connection < 7) {
      stream.refuse('hang up');
      return;
    }
    stream.connect(0);
    if (connection === 7) stream.end();
    else stream.change(1, change(1));
  });
  await take(alice, 1);
  expect(pauses).toEqual([250, 500, 1000, 2000, 4000, 4000, 250]);
});

test.each([400, 403, 404, 500])('a server that responds %i ends the subscription', async (status) => {
  const { streams, alice } = await peerWith((stream) =>
    stream.refuse({ code: 'FORBIDDEN', status, message: 'Forbidden' }),
  );
  await expect(take(alice, 1)).rejects.toMatchObject({
    name: 'AliceError',
    code: 'FORBIDDEN',
    status,
    requestId: 'request-1',
    message: 'Forbidden',
  });
  expect(streams).toHaveLength(1);
});

test('a problem+json error ends it; the HTML page of a captive portal does not', async () => {
  hurry();
  const problem = { code: 'NOT_ACCEPTABLE', title: 'Accept JSON', status: 406, request_id: 'r', errors: [] };
  const peer = await startPeer(
    () => expect.fail('not reached'),
    (request, response) => {
      if (request <= 2)
        response.writeHead(200, { 'content-type': 'text/html' }).end('<html>Sign in to our Wi-Fi</html>');
      else response.writeHead(406, { 'content-type': 'application/problem+json' }).end(JSON.stringify(problem));
      return true;
    },
  );
  await expect(take(createAliceClient({ url: peer.url }), 1)).rejects.toMatchObject({
    code: 'NOT_ACCEPTABLE',
    status: 406,
    requestId: 'r',
  });
});

test.each([
  ['FULL_SYNC_REQUIRED', 409],
  ['UNAUTHENTICATED', 401],
])('a stream that ends with %s is not resumed', async (code, status) => {
  const { streams, alice } = await peerWith((stream) => {
    stream.connect(1);
    stream.change(2, change(2));
    stream.fail({ code, status, message: 'So it is', details: { number: 7 } });
    stream.end();
  });
  const seen: unknown[] = [];
  const error = await new Promise((resolve) => {
    alice.sync.live.subscribe({}, { onData: ({ id }) => seen.push(id), onError: resolve });
  });
  expect(error).toMatchObject({ name: 'AliceError', code, status, message: 'So it is', details: { number: 7 } });
  expect(seen).toEqual(['2']);
  expect(streams).toHaveLength(1);
});

const credentials = { email: 'a@example.com', password: 'correct horse battery staple' };

async function signedIn(openStream: (stream: PeerStream, account: Account) => void, person?: () => string) {
  const account: Account = await startAccount({
    openStream: (stream) => openStream(stream, account),
    ...(person === undefined ? {} : { person }),
  });
  const tokens = memoryTokenStore();
  const alice = createAliceClient({ url: account.url, tokens });
  await alice.auth.login.mutate(credentials);
  return { account, alice, tokens };
}

test('when the server refuses the token, it is refreshed and the subscription continues', async () => {
  hurry();
  const { account, alice } = await signedIn((stream) => {
    stream.connect(4);
    stream.change(5, change(5));
  });
  account.expireAccess();
  await take(alice, 1);
  expect(account.refreshes).toBe(1);
  expect(account.paths()).toEqual(['auth.login', 'sync.live', 'auth.refresh', 'sync.live']);
});

test('when the token expires during the stream, it is refreshed and the subscription continues', async () => {
  hurry();
  let connections = 0;
  const { account, alice } = await signedIn((stream, { expireAccess }) => {
    connections += 1;
    stream.connect(4);
    if (connections > 1) {
      stream.change(5, change(5));
      return;
    }
    expireAccess();
    stream.end();
  });
  expect((await take(alice, 1)).map(({ id }) => id)).toEqual(['5']);
  expect(account.calls.at(-1)?.input).toEqual({ lastEventId: '4' });
  expect(account.refreshes).toBe(1);
});

test('when the stream reports that the session has ended, it refreshes once and then ends', async () => {
  hurry();
  const { account, alice } = await signedIn((stream) => {
    stream.connect(4);
    stream.fail({ code: 'UNAUTHENTICATED', status: 401, message: 'This session has ended' });
    stream.end();
  });
  await expect(take(alice, 1)).rejects.toMatchObject({ code: 'UNAUTHENTICATED', message: 'This session has ended' });
  expect(account.refreshes).toBe(1);
  expect(account.paths().filter((path) => path === 'sync.live')).toHaveLength(2);
});

test('an ended session ends it and clears the store', async () => {
  hurry();
  const { account, alice, tokens } = await signedIn((stream) => stream.end());
  account.tokens = null;
  await expect(take(alice, 1)).rejects.toMatchObject({ code: 'UNAUTHENTICATED', message: 'This session has ended' });
  expect(tokens.get()).toBeNull();
});

test('it continues after temporary refresh failures', async () => {
  hurry();
  const { account, alice } = await signedIn((stream) => stream.change(5, change(5)));
  account.expireAccess();
  account.refreshFailures.push('hang up', 'hang up', 'hang up', 'hang up', 'hang up');
  await take(alice, 1);
  expect(account.refreshes).toBe(6);
});

test('it does not continue in the session of another user', async () => {
  hurry();
  let person = 'person-1';
  const { account, alice } = await signedIn(
    (stream) => {
      stream.connect(4);
      if (person === 'person-2') stream.change(5, change(5));
    },
    () => person,
  );
  const stream = take(alice, 1);
  const failed = expect(stream).rejects.toMatchObject({
    code: 'UNAUTHENTICATED',
    message: 'Another user has signed in',
  });
  await vi.waitFor(() => expect(account.paths()).toContain('sync.live'));
  person = 'person-2';
  await alice.auth.login.mutate(credentials);
  account.drop();
  await failed;
});

test('aborting the signal ends it without an error, and closes the connection', async () => {
  const { streams, alice } = await peerWith((stream) => stream.connect(0));
  const controller = new AbortController();
  const steps: string[] = [];
  alice.sync.live.subscribe(
    {},
    {
      signal: controller.signal,
      onStarted: () => controller.abort(),
      onError: () => steps.push('error'),
      onStopped: () => steps.push('stopped'),
      onComplete: () => steps.push('complete'),
    },
  );
  await vi.waitFor(() => expect(steps).toEqual(['stopped', 'complete']));
  await streams[0]?.closed;
  const { streams: none, alice: other } = await peerWith((stream) => stream.connect(0));
  for await (const _ of other.sync.live.subscribe({}, { signal: AbortSignal.abort() })) expect.fail('not reached');
  expect(none).toHaveLength(0);
});

test('a silent connection is closed, and it resumes after the last change', async () => {
  hurry();
  const { peer, streams } = await peerWith((stream, connection) => {
    stream.connect(4);
    if (connection === 1) stream.change(5, change(5));
  });
  const controller = new AbortController();
  const errors: unknown[] = [];
  const nobody = { accessToken: async () => undefined, renew: async () => undefined, start: vi.fn(), end: vi.fn() };
  const following = followStream(
    { base: `${peer.url}/trpc`, fetch, headers: {}, session: nobody, timeoutMs: 1_000, idleMs: 100 },
    {
      path: 'sync.live',
      input: {},
      signal: controller.signal,
      onConnecting: (error) => errors.push(error),
      onConnected: () => {},
      onData: () => {},
    },
  );
  await vi.waitFor(() => expect(streams).toHaveLength(2));
  controller.abort();
  await expect(following).rejects.toMatchObject({ code: 'CANCELLED' });
  await streams[0]?.closed;
  expect(errors).toMatchObject([null, { code: 'TIMEOUT' }]);
  expect(inputs(streams)).toEqual([{}, { lastEventId: '5' }]);
});

test('leaving the loop closes the connection', async () => {
  const { streams, alice } = await peerWith((stream) => stream.change(1, change(1)));
  await take(alice, 1);
  await streams[0]?.closed;
  expect(streams).toHaveLength(1);
});

test('unknown events of a newer server are ignored', async () => {
  const { alice } = await peerWith((stream) => {
    stream.write(': hello\n\nretry: 5\n\nevent: ping\ndata: \n\nevent: weather\nid: 99\ndata: sunny\n\n');
    stream.change(1, change(1));
  });
  expect((await take(alice, 1)).map(({ id }) => id)).toEqual(['1']);
});

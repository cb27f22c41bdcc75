import { TRPCClientError } from '@trpc/client';
import { expect, test, vi } from 'vitest';
import { startPeer } from '../test/peer.ts';
import { AliceError, createAliceClient, isAliceError } from './index.ts';

const refused = (promise: Promise<unknown>) =>
  promise.then(
    () => expect.fail('must reject'),
    (error: unknown) => error,
  );

test('the error contains everything that the server sent', async () => {
  const errors = [{ path: 'due.date', message: 'must be a valid calendar date' }];
  const peer = await startPeer(() => ({
    code: 'STALE_VERSION',
    status: 409,
    message: 'Version conflict',
    errors,
    details: { version: 7, fields: ['title'] },
  }));
  const error = await refused(createAliceClient({ url: peer.url }).tasks.update.mutate({ id: '1' }));
  expect(error).toBeInstanceOf(AliceError);
  expect(error).not.toBeInstanceOf(TRPCClientError);
  expect(isAliceError(error)).toBe(true);
  expect(error).toMatchObject({
    name: 'AliceError',
    message: 'Version conflict',
    code: 'STALE_VERSION',
    status: 409,
    requestId: 'request-1',
    errors,
    details: { version: 7, fields: ['title'] },
    retryAfterMs: undefined,
  });
});

test('a request refused with problem+json as a whole, outside the procedures', async () => {
  const peer = await startPeer(
    () => expect.fail('not reached'),
    (_, response) => {
      response.writeHead(413, { 'content-type': 'application/problem+json' });
      response.end(
        JSON.stringify({
          title: 'Too large',
          status: 413,
          detail: 'At most 1 MB',
          code: 'PAYLOAD_TOO_LARGE',
          request_id: 'r',
          errors: [],
        }),
      );
      return true;
    },
  );
  const error = await refused(createAliceClient({ url: peer.url }).tasks.create.mutate({ title: 'a' }));
  expect(error).toMatchObject({ code: 'PAYLOAD_TOO_LARGE', status: 413, requestId: 'r', message: 'At most 1 MB' });
});

test.each([
  [502, 'UNAVAILABLE'],
  [429, 'TOO_MANY_REQUESTS'],
  [401, 'NETWORK'],
  [404, 'NETWORK'],
  [200, 'NETWORK'],
])('an HTML page of a proxy with status %i is %s', async (status, code) => {
  const peer = await startPeer(
    () => expect.fail('not reached'),
    (_, response) => {
      response.writeHead(status).end('<html>Bad Gateway</html>');
      return true;
    },
  );
  const alice = createAliceClient({ url: peer.url, retries: 0 });
  await expect(alice.tasks.list.query({})).rejects.toMatchObject({ code, status, requestId: 'request-1' });
  await expect(alice.insights.overview.query()).rejects.toMatchObject({ code, status });
});

test('no server at the address', async () => {
  const alice = createAliceClient({ url: 'http://127.0.0.1:1', retries: 0 });
  await expect(alice.tasks.list.query({})).rejects.toMatchObject({
    code: 'NETWORK',
    status: undefined,
    requestId: undefined,
    cause: expect.any(TypeError),
  });
});

test('no response in time', async () => {
  const peer = await startPeer(() => new Promise(() => {}));
  const alice = createAliceClient({ url: peer.url, timeoutMs: 30, retries: 0 });
  await expect(alice.tasks.list.query({})).rejects.toMatchObject({ code: 'TIMEOUT' });
});

test('a truncated response', async () => {
  const peer = await startPeer(
    () => expect.fail('not reached'),
    (_, response) => {
      response.writeHead(200, { 'content-length': '100' }).write('{"result"');
      setTimeout(() => response.destroy(), 5);
      return true;
    },
  );
  await expect(createAliceClient({ url: peer.url, retries: 0 }).tasks.list.query({})).rejects.toMatchObject({
    code: 'NETWORK',
  });
});

test('a response with fewer results than calls fails the missing calls', async () => {
  const peer = await startPeer(
    () => expect.fail('not reached'),
    (_, response) => {
      response.end(JSON.stringify([{ result: { data: { items: [], nextCursor: null } } }]));
      return true;
    },
  );
  const alice = createAliceClient({ url: peer.url });
  const results = await Promise.allSettled([alice.tasks.list.query({}), alice.tasks.list.query({})]);
  expect(results).toMatchObject([
    { status: 'fulfilled' },
    { status: 'rejected', reason: { name: 'AliceError', code: 'INTERNAL' } },
  ]);
});

test('a local failure, such as a failing store, is an AliceError too', async () => {
  const alice = createAliceClient({
    url: 'http://127.0.0.1:1',
    tokens: { get: () => Promise.reject(new Error('disk full')), set: vi.fn(), clear: vi.fn() },
  });
  await expect(alice.tasks.list.query({})).rejects.toMatchObject({
    name: 'AliceError',
    code: 'INTERNAL',
    message: 'disk full',
  });
});

test('the error of another copy of the package is recognized', () => {
  class AliceErrorOfAnotherBundle extends Error {
    override readonly name = 'AliceError';
  }
  expect(isAliceError(new AliceErrorOfAnotherBundle())).toBe(true);
  expect(isAliceError(new Error('AliceError'))).toBe(false);
  expect(isAliceError(null)).toBe(false);
});

test('the stack contains the line that made the call', async () => {
  const peer = await startPeer(() => ({ code: 'NOT_FOUND', status: 404, message: 'Task not found' }));
  const alice = createAliceClient({ url: peer.url });
  async function showTask() {
    return await alice.tasks.get.query({ id: '1' });
  }
  const error = await refused(showTask());
  expect(error).toMatchObject({ stack: expect.stringMatching(/^AliceError: Task not found[\s\S]*showTask/) });
});

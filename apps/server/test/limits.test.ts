import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { health, type Person, register } from './harness/call.ts';
import { type ChildServer, startServer } from './harness/child-server.ts';
import { Connection, type RawResponse, requestText } from './harness/connection.ts';
import { createTestStore, type TestStore } from './harness/test-store.ts';

const mebibyte = 1024 * 1024;

let store: TestStore;
let server: ChildServer;
let ada: Person;

beforeAll(async () => {
  store = await createTestStore();
  server = await startServer({ ...store, env: { LOG_LEVEL: 'debug' } });
  ada = await register(server.url);
});

afterAll(async () => {
  await server?.[Symbol.asyncDispose]();
  await store?.[Symbol.asyncDispose]();
});

afterEach(async () => {
  expect(server.process.exitCode, server.output.slice(-5).join('\n')).toBeNull();
  expect(await health(server.url)).toMatchObject({ httpStatus: 200, body: { status: 'healthy' } });
});

describe('request bodies', () => {
  test('accept one mebibyte, and refuse one byte more with 413', async () => {
    // The title is too long as well: what is read is refused for that.
    expectRawRefusal(await create('x'.repeat(mebibyte - '{"title":""}'.length)), 400);
    for (const size of [mebibyte + 1, 20 * mebibyte]) {
      const response = await create('x'.repeat(size - '{"title":""}'.length));
      expectRawRefusal(response, 413);
      expect(response.headers.get('x-request-id')).toBeDefined();
    }
  });

  for (const [framing, request] of [
    [
      'announced',
      () => requestText('POST', '/trpc/tasks.create', { token: ada.token, body: 'x'.repeat(2 * mebibyte) }),
    ],
    ['chunked', () => chunked(32)],
  ] as const) {
    test(`leave the connection usable, or announce its end, after the 413 of an ${framing} body`, async () => {
      using connection = await Connection.open(server.url);
      connection.send(request());
      const refused = await connection.response();
      expectRawRefusal(refused, 413);
      // By then a server that closes it has done so.
      await sleep(1000);
      if (refused.headers.get('connection') === 'close') return;
      expect(connection.isClosed).toBe(false);
      connection.send(requestText('GET', '/livez'));
      expect((await connection.response()).status).toBe(200);
    });
  }

  test('in chunks without a length are counted while they arrive: 413', async () => {
    expectRawRefusal(await exchange(chunked(20)), 413);
  });

  test('without an end are cut off', async () => {
    using connection = await Connection.open(server.url);
    connection.send(
      head('POST', '/trpc/tasks.create', ['content-type: application/json', 'transfer-encoding: chunked']),
    );
    const piece = `10000\r\n${'x'.repeat(0x10000)}\r\n`;
    for (let sent = 0; sent < 32 && !connection.isClosed; sent += 1) {
      connection.send(piece);
      await sleep(5);
    }
    expectRawRefusal(await connection.response(), 413);
  });

  test('whose announced length is above the limit get 413 before any data arrives', async () => {
    const response = await exchange(
      head('POST', '/trpc/tasks.create', ['content-type: application/json', `content-length: ${1024 * mebibyte}`]),
    );
    expectRawRefusal(response, 413);
    expect(response.headers.get('x-request-id')).toBeDefined();
  });

  test('longer than announced are not read beyond the length, and end the connection', async () => {
    const responses = await exchangeAll(
      `${head('POST', '/trpc/tasks.create', ['content-type: application/json', 'content-length: 2'])}{}{"title":"smuggled"}`,
    );
    for (const response of responses) expectRawRefusal(response, 400);
    expect(responses).not.toHaveLength(0);
    expect(await tasksOfAda()).not.toContain('smuggled');
  });

  for (const [name, lines] of [
    ['two different Content-Lengths', ['content-length: 2', 'content-length: 20']],
    ['Content-Length and chunked encoding', ['content-length: 2', 'transfer-encoding: chunked']],
    ['a negative Content-Length', ['content-length: -1']],
    ['a Content-Length that is not a number', ['content-length: two']],
  ] as const) {
    test(`${name}: 400`, async () => {
      expectRawRefusal(
        await exchange(`${head('POST', '/trpc/tasks.create', ['content-type: application/json', ...lines])}{}`),
        400,
      );
    });
  }

  for (const type of [
    'text/plain',
    'multipart/form-data; boundary=x',
    'application/x-www-form-urlencoded',
    'application/jsonp',
    '',
  ]) {
    test(`POST with ${type === '' ? 'no content type' : type}: 415`, async () => {
      const lines = [...(type === '' ? [] : [`content-type: ${type}`]), 'content-length: 13'];
      const response = await exchange(`${head('POST', '/trpc/tasks.create', lines)}{"title":"x"}`);
      expectRawRefusal(response, 415);
      expect(response.headers.get('x-request-id')).toBeDefined();
    });
  }

  test('that are not JSON: 400, without echoing them', async () => {
    const body = '{"title": secret-in-the-body';
    const response = await fetch(`${server.url}/trpc/tasks.create`, { method: 'POST', headers: jsonHeaders(), body });
    const text = await expectRefusal(response, 400);
    expect(text).not.toContain('secret-in-the-body');
  });
});

describe('URLs, headers, batches', () => {
  test('a URL of 9,000 characters: 414', async () => {
    await expectRefusal(await fetch(`${server.url}/trpc/tasks.list?input=${'x'.repeat(9000)}`), 414);
  });

  test('a URL of a million characters: 414 or 431', async () => {
    const response = await exchange(requestText('GET', `/${'x'.repeat(1_000_000)}`));
    expectRawRefusal(response, response.status);
    expect([414, 431]).toContain(response.status);
  });

  test('headers of more than 16 KiB: 431', async () => {
    const lines = Array.from({ length: 20 }, (_, index) => `x-filler-${index}: ${'x'.repeat(1000)}`);
    expectRawRefusal(await exchange(head('GET', '/livez', lines)), 431);
  });

  test('500 short headers: refused, and not silently truncated', async () => {
    const lines = Array.from({ length: 500 }, (_, index) => `x-${index}: x`);
    const response = await exchange(head('GET', '/trpc/users.me', [...lines, `authorization: Bearer ${ada.token}`]));
    expectRawRefusal(response, 431);
  });

  test('ten calls in a batch are answered, eleven get 400', async () => {
    const batch = (size: number) =>
      fetch(`${server.url}/trpc/${Array(size).fill('users.me').join(',')}?batch=1&input=%7B%7D`, {
        headers: jsonHeaders(),
      });
    const ten = await batch(10);
    expect(ten.status).toBe(200);
    expect(await ten.json()).toHaveLength(10);
    await expectRefusal(await batch(11), 400);
  });

  test('eleven calls in a POST batch get 400, and none is executed', async () => {
    const paths = Array(11).fill('tasks.create').join(',');
    const inputs = Object.fromEntries(Array.from({ length: 11 }, (_, index) => [index, { title: 'too many' }]));
    const request = { method: 'POST', headers: jsonHeaders(), body: JSON.stringify(inputs) };
    const response = await fetch(`${server.url}/trpc/${paths}?batch=1`, request);
    expect(await tasksOfAda()).not.toContain('too many');
    await expectRefusal(response, 400);
  });

  test('commas without batch=1: 400 or 404', async () => {
    const response = await fetch(`${server.url}/trpc/users.me,users.me`, { headers: jsonHeaders() });
    expect([400, 404]).toContain(response.status);
    await expectRefusal(response, response.status);
  });
});

describe('malformed HTTP', () => {
  for (const [name, bytes] of [
    ['not HTTP', 'hello, is there anybody?\r\n\r\n'],
    ['TLS on the plain port', Buffer.from('16030100c8010000c40303', 'hex')],
    ['an unknown version', 'GET / HTTP/9.9\r\nhost: server.test\r\n\r\n'],
    ['HTTP/1.1 without a host', 'GET /livez HTTP/1.1\r\n\r\n'],
    ['two hosts', 'GET /livez HTTP/1.1\r\nhost: server.test\r\nHost: other.test\r\n\r\n'],
    ['the same host twice', 'GET /livez HTTP/1.1\r\nhost: server.test\r\nx-a: b\r\nhost: server.test\r\n\r\n'],
    ['a header without a name', 'GET /livez HTTP/1.1\r\nhost: server.test\r\n: x\r\n\r\n'],
    ['NUL in a header', 'GET /livez HTTP/1.1\r\nhost: server.test\r\nx-a: \0\r\n\r\n'],
    [
      'a chunk without a size',
      `${head('POST', '/trpc/tasks.create', ['content-type: application/json', 'transfer-encoding: chunked'])}zz\r\n`,
    ],
  ] as const) {
    test(`${name}: 400`, async () => {
      expectRawRefusal(await exchange(bytes), 400);
    });
  }

  test('an invalid Host header: 4xx, not 500', async () => {
    const response = await exchange('GET /livez HTTP/1.1\r\nhost: a b/c?d\r\n\r\n');
    expectRawRefusal(response, 400);
  });

  test('a path that cannot be decoded: 4xx', async () => {
    const response = await exchange(requestText('GET', '/trpc/%ff%fe%zz'));
    expectRawRefusal(response, response.status);
    expect([400, 404]).toContain(response.status);
  });
});

describe('clients that disconnect', () => {
  for (const [framing, lines] of [
    ['announced', ['content-length: 100']],
    ['chunked', ['transfer-encoding: chunked']],
  ] as const) {
    test(`during an ${framing} body cause no server error`, async () => {
      const paths = ['/trpc/tasks.create', '/api/v1/tasks', '/trpc/tasks.create,tasks.create?batch=1'];
      for (const [index, path] of paths.entries()) {
        using connection = await Connection.open(server.url);
        const ours = ['content-type: application/json', `x-request-id: gone-${framing}-${index}`];
        connection.send(`${head('POST', path, [...ours, ...lines])}5\r\n{"tit`);
        await sleep(100);
      }
      const linesOf = () => server.logs.filter(({ requestId }) => String(requestId).startsWith(`gone-${framing}`));
      await expect.poll(linesOf).toHaveLength(paths.length);
      for (const line of linesOf()) expect(line).toMatchObject({ level: 'debug', status: 499, msg: 'request' });
    });
  }
});

// Each waits for the server's patience to end, all of them at once.
describe.concurrent('slow clients', { timeout: 20_000 }, () => {
  test('that do not finish the headers are cut with 408', async ({ expect: expectHere }) => {
    const { response, ms } = await timed('GET /livez HTTP/1.1\r\nhost: server.test\r\nx-slow: ');
    expectHere(response.status).toBe(408);
    expectHere(ms).toBeGreaterThan(4000);
    expectHere(ms).toBeLessThan(7500);
    expectHere(JSON.parse(response.body)).toMatchObject({ status: 408 });
    expectHere(response.headers.get('cache-control')).toBe('no-store');
  });

  test('that do not send the body are cut with 408', async ({ expect: expectHere }) => {
    const lines = ['content-type: application/json', 'content-length: 100'];
    const { response, ms } = await timed(`${head('POST', '/trpc/tasks.create', lines)}{"title":`);
    expectHere(response.status).toBe(408);
    expectHere(ms).toBeLessThan(12_500);
    expectHere(JSON.parse(response.body)).toMatchObject({ status: 408 });
    expectHere(response.headers.get('cache-control')).toBe('no-store');
  });
});

function jsonHeaders(): Record<string, string> {
  return { authorization: `Bearer ${ada.token}`, 'content-type': 'application/json' };
}

function create(title: string): Promise<RawResponse> {
  return exchange(requestText('POST', '/trpc/tasks.create', { token: ada.token, body: { title } }));
}

/** A request whose body comes in chunks of 64 KiB. */
function chunked(chunks: number): string {
  const lines = ['content-type: application/json', 'transfer-encoding: chunked'];
  return `${head('POST', '/trpc/tasks.create', lines)}${`10000\r\n${'x'.repeat(0x10000)}\r\n`.repeat(chunks)}0\r\n\r\n`;
}

async function tasksOfAda(): Promise<string> {
  const response = await fetch(`${server.url}/trpc/tasks.list`, { headers: jsonHeaders() });
  expect(response.status).toBe(200);
  return response.text();
}

/** The head of a request with these header lines, as a person who is signed in. */
function head(method: string, path: string, lines: readonly string[]): string {
  const all = [`${method} ${path} HTTP/1.1`, 'host: server.test', `authorization: Bearer ${ada?.token}`, ...lines];
  return `${all.join('\r\n')}\r\n\r\n`;
}

async function exchange(bytes: string | Buffer): Promise<RawResponse> {
  using connection = await Connection.open(server.url);
  connection.send(bytes);
  return await connection.response();
}

/** Every response up to the end of the connection. */
async function exchangeAll(bytes: string): Promise<RawResponse[]> {
  using connection = await Connection.open(server.url);
  connection.send(bytes);
  await connection.closed();
  return connection.rest();
}

async function timed(bytes: string): Promise<{ response: RawResponse; ms: number }> {
  const startedAt = performance.now();
  const response = await exchange(bytes);
  return { response, ms: performance.now() - startedAt };
}

/** A refusal that the app itself gave: JSON, with the id of the request. Gives its text. */
async function expectRefusal(response: Response, status: number): Promise<string> {
  const text = await response.text();
  expect(response.status, text).toBe(status);
  expectErrorBody(text, status);
  expect(response.headers.get('content-type')).toMatch(/^application\/(problem\+)?json/);
  const requestId = response.headers.get('x-request-id');
  expect(requestId).toMatch(/^[\w-]{8,64}$/);
  expect(text).toContain(`"request_id":"${requestId}"`);
  return text;
}

/** A refusal from the app or from the parser before it, which knows of no request yet. */
function expectRawRefusal(response: RawResponse, status: number): void {
  expect(response.status, response.body).toBe(status);
  expect(response.headers.get('content-type')).toMatch(/^application\/(problem\+)?json/);
  expect(response.headers.get('cache-control')).toBe('no-store');
  expect(response.headers.get('x-content-type-options')).toBe('nosniff');
  expect(response.headers.get('x-request-id')).toMatch(/^[\w-]{8,64}$/);
  expectErrorBody(response.body, status);
}

/** Problem details, or a tRPC error, alone or as the batch's only answer; nothing of our insides. */
function expectErrorBody(text: string, status: number): void {
  const parsed: unknown = JSON.parse(text);
  const body: unknown = Array.isArray(parsed) ? parsed[0] : parsed;
  const isRpc = typeof body === 'object' && body !== null && 'error' in body;
  expect(body).toMatchObject(
    isRpc ? { error: { data: { httpStatus: expect.any(Number) } } } : { status, status_code: status },
  );
  expect(text).not.toMatch(/\n\s+at |node_modules|\.ts:|\.js:/);
}

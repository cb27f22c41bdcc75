import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { Hono } from 'hono';
import { describe, expect, it } from 'vitest';
import { Connection } from '../test/harness/connection.ts';
import { ReplyLimits } from './http/reply-limits.ts';
import type { AppEnv } from './http/request-scope.ts';
import { listen } from './listen.ts';
import { stopServer } from './stop.ts';

/** More than the sockets on both sides hold. */
const largeSize = 64 * 1024 * 1024;

const app = new Hono<AppEnv>();
app.get('/livez', (c) => c.text('ok'));
app.get('/last', (c) => c.text('last', 200, { connection: 'close' }));
app.get('/slow', async (c) => {
  await new Promise((resolve) => setTimeout(resolve, 200));
  return c.text('done');
});
const bodies: Readonly<Record<string, string>> = {
  '/livez': 'ok',
  '/large': 'x'.repeat(largeSize),
  // Two bytes each, so that slices of bytes end within a character.
  '/many': `x${'ß'.repeat(300_000)}`,
  '/bytes': 'y'.repeat(200_000),
};
app.get('/large', (c) => c.text(bodies['/large'] ?? ''));
app.get('/many', (c) => c.text(bodies['/many'] ?? ''));
app.get('/bytes', (c) => c.body(Buffer.from(bodies['/bytes'] ?? '')));

function sha256(body: string | Buffer): string {
  return createHash('sha256').update(body).digest('hex');
}

it('names the port that is already in use', async () => {
  const first = await listen(app, 'localhost', 0);
  const port = Number(new URL(first.url).port);
  await expect(listen(app, 'localhost', port)).rejects.toThrow(String(port));
  await stopServer(first, 0, 1000);
});

it('stops after the accepted requests have been answered', async () => {
  const listener = await listen(app, 'localhost', 0);
  const answer = fetch(`${listener.url}/slow`).then((response) => response.text());
  await new Promise((resolve) => setTimeout(resolve, 50));
  await stopServer(listener, 0, 1000);
  expect(await answer).toBe('done');
  await expect(fetch(`${listener.url}/livez`)).rejects.toThrow();
});

it('answers a request on an open connection that arrives after all others are done', async () => {
  const listener = await listen(app, '127.0.0.1', 0);
  using used = await Connection.open(listener.url);
  used.send(requestFor('/livez'));
  await used.response();
  const stopped = stopServer(listener, 20, 5000);
  await sleep(300);
  used.send(requestFor('/last'));
  expect(await used.response()).toMatchObject({ status: 200, body: 'last' });
  await stopped;
});

it('does not wait for connections that were never or not recently used', async () => {
  const listener = await listen(app, '127.0.0.1', 0);
  using used = await Connection.open(listener.url);
  using unused = await Connection.open(listener.url);
  used.send(requestFor('/livez'));
  await used.response();
  await sleep(2500);
  const startedAt = performance.now();
  await stopServer(listener, 20, 60_000);
  expect(performance.now() - startedAt).toBeLessThan(1500);
  await Promise.all([used.closed(), unused.closed()]);
});

it('cuts requests that take longer than the deadline', async () => {
  const listener = await listen(app, 'localhost', 0);
  const answer = fetch(`${listener.url}/slow`);
  const outcome = expect(answer).rejects.toThrow();
  await new Promise((resolve) => setTimeout(resolve, 50));
  const startedAt = performance.now();
  await stopServer(listener, 0, 50);
  expect(performance.now() - startedAt).toBeLessThan(190);
  await outcome;
});

describe('with a time limit of half a second for slow clients', () => {
  const patienceMs = 500;

  it('cuts a client that sends a request and does not read', async () => {
    const listener = await listen(app, '127.0.0.1', 0, { patienceMs });
    const [client, peer] = await Promise.all([ask(listener.url, '/large'), once(listener.server, 'connection')]);
    await Promise.race([once(peer[0], 'close'), sleep(5000)]);
    expect(peer[0].destroyed).toBe(true);
    client.destroy();
    await stopServer(listener, 0, 1000);
  });

  it('serves a client that reads slowly but steadily', async () => {
    const listener = await listen(app, '127.0.0.1', 0, { patienceMs });
    const client = await ask(listener.url, '/large');
    const startedAt = performance.now();
    let received = 0;
    for await (const bytes of client) {
      received += bytes.length;
      await sleep(bytes.length / 30_000);
      if (received > largeSize) break;
    }
    expect(received).toBeGreaterThan(largeSize);
    expect(performance.now() - startedAt).toBeGreaterThan(3 * patienceMs);
    await stopServer(listener, 0, 1000);
  });

  it('keeps an idle keep-alive connection', async () => {
    const listener = await listen(app, '127.0.0.1', 0, { patienceMs });
    const client = await ask(listener.url, '/livez');
    await once(client, 'data');
    await sleep(3 * patienceMs);
    client.write(requestFor('/livez'));
    expect(String(await once(client, 'data'))).toContain('ok');
    client.destroy();
    await stopServer(listener, 0, 1000);
  });
});

it.each(['server.test', 'other.test'])('refuses a second Host header, %s', async (second) => {
  const listener = await listen(app, '127.0.0.1', 0);
  using connection = await Connection.open(listener.url);
  connection.send(`GET /livez HTTP/1.1\r\nhost: server.test\r\nHost: ${second}\r\nconnection: close\r\n\r\n`);
  expect(await connection.response()).toMatchObject({ status: 400 });
  await stopServer(listener, 0, 1000);
});

it('closes connections above the maximum, logs it, and serves the others', async () => {
  const closed: number[] = [];
  const listener = await listen(app, '127.0.0.1', 0, { maxConnections: 1, onFull: (count) => closed.push(count) });
  using first = await Connection.open(listener.url);
  using second = await Connection.open(listener.url);
  await second.closed();
  expect(closed).toEqual([1]);
  first.send(requestFor('/livez'));
  expect(await first.response()).toMatchObject({ status: 200 });
  first[Symbol.dispose]();
  await stopServer(listener, 0, 1000);
});

describe('large responses', () => {
  const windowMs = 500;

  it('are cut when the client reads steadily but too slowly', async () => {
    const replyLimits = new ReplyLimits({ windowMs, windowBytes: 1024 * 1024 });
    const listener = await listen(app, '127.0.0.1', 0, { replyLimits });
    const [client, [peer]] = await Promise.all([
      ask(listener.url, '/large', 1024),
      once(listener.server, 'connection'),
    ]);
    await once(peer, 'close');
    expect(client.bytesRead).toBeLessThan(largeSize);
    await stopServer(listener, 0, 1000);
  });

  it('are complete, have a Content-Length, and keep the connection open', async () => {
    const listener = await listen(app, '127.0.0.1', 0);
    for (const path of ['/large', '/many', '/bytes', '/livez']) {
      const response = await fetch(`${listener.url}${path}`);
      const body = Buffer.from(await response.arrayBuffer());
      expect(response.headers.get('content-length')).toBe(String(body.length));
      expect(sha256(body)).toBe(sha256(bodies[path] ?? ''));
    }
    await stopServer(listener, 0, 1000);
  });

  it('arrive in order when they are requested at once (pipelining)', async () => {
    const listener = await listen(app, '127.0.0.1', 0);
    using connection = await Connection.open(listener.url);
    connection.send(['/many', '/livez', '/bytes', '/many'].map(requestFor).join(''));
    for (const path of ['/many', '/livez', '/bytes', '/many'])
      expect(sha256((await connection.response()).body)).toBe(sha256(bodies[path] ?? ''));
    connection[Symbol.dispose]();
    await stopServer(listener, 0, 1000);
  });
});

/** Asks over a connection of its own, which is not read from; or so many bytes every 20 ms. */
async function ask(url: string, path: string, bytes?: number): Promise<Socket> {
  const { hostname, port } = new URL(url);
  const later = () => {
    setTimeout(() => client.resume(), 20).unref();
    return false;
  };
  const onread = bytes === undefined ? {} : { onread: { buffer: Buffer.alloc(bytes), callback: later } };
  const client = connect({ host: hostname, port: Number(port), ...onread });
  client.on('error', () => undefined);
  client.write(requestFor(path));
  await once(client, 'connect');
  return client;
}

function requestFor(path: string): string {
  return `GET ${path} HTTP/1.1\r\nhost: server.test\r\n\r\n`;
}

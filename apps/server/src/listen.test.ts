import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { Hono } from 'hono';
import { describe, expect, it } from 'vitest';
import type { AppEnv } from './http/request-scope.ts';
import { listen } from './listen.ts';
import { stopServer } from './stop.ts';

/** More than the sockets on both sides hold. */
const largeSize = 64 * 1024 * 1024;

const app = new Hono<AppEnv>();
app.get('/livez', (c) => c.text('ok'));
app.get('/slow', async (c) => {
  await new Promise((resolve) => setTimeout(resolve, 200));
  return c.text('done');
});
app.get('/large', (c) => c.text('x'.repeat(largeSize)));

it('says which port is taken', async () => {
  const first = await listen(app, 'localhost', 0);
  const port = Number(new URL(first.url).port);
  await expect(listen(app, 'localhost', port)).rejects.toThrow(String(port));
  await stopServer(first.server, 0, 1000);
});

it('stops when the requests that it accepted have been answered', async () => {
  const { server, url } = await listen(app, 'localhost', 0);
  const answer = fetch(`${url}/slow`).then((response) => response.text());
  await new Promise((resolve) => setTimeout(resolve, 50));
  await stopServer(server, 0, 1000);
  expect(await answer).toBe('done');
  await expect(fetch(`${url}/livez`)).rejects.toThrow();
});

it('cuts what takes longer than the deadline', async () => {
  const { server, url } = await listen(app, 'localhost', 0);
  const answer = fetch(`${url}/slow`);
  const outcome = expect(answer).rejects.toThrow();
  await new Promise((resolve) => setTimeout(resolve, 50));
  const startedAt = performance.now();
  await stopServer(server, 0, 50);
  expect(performance.now() - startedAt).toBeLessThan(190);
  await outcome;
});

describe('with a patience of half a second', () => {
  const patienceMs = 500;

  it('cuts a client that asks and does not read', async () => {
    const { server, url } = await listen(app, '127.0.0.1', 0, patienceMs);
    const [client, peer] = await Promise.all([ask(url, '/large'), once(server, 'connection')]);
    await Promise.race([once(peer[0], 'close'), sleep(5000)]);
    expect(peer[0].destroyed).toBe(true);
    client.destroy();
    await stopServer(server, 0, 1000);
  });

  it('serves one that reads slowly but steadily to the end', async () => {
    const { server, url } = await listen(app, '127.0.0.1', 0, patienceMs);
    const client = await ask(url, '/large');
    const startedAt = performance.now();
    let received = 0;
    for await (const bytes of client) {
      received += bytes.length;
      await sleep(bytes.length / 30_000);
      if (received > largeSize) break;
    }
    expect(received).toBeGreaterThan(largeSize);
    expect(performance.now() - startedAt).toBeGreaterThan(3 * patienceMs);
    await stopServer(server, 0, 1000);
  });

  it('keeps a connection that is idle between two requests', async () => {
    const { server, url } = await listen(app, '127.0.0.1', 0, patienceMs);
    const client = await ask(url, '/livez');
    await once(client, 'data');
    await sleep(3 * patienceMs);
    client.write(requestFor('/livez'));
    expect(String(await once(client, 'data'))).toContain('ok');
    client.destroy();
    await stopServer(server, 0, 1000);
  });
});

/** Asks over a connection of its own, which is not read from. */
async function ask(url: string, path: string): Promise<Socket> {
  const { hostname, port } = new URL(url);
  const client = connect({ host: hostname, port: Number(port) });
  client.on('error', () => undefined);
  client.write(requestFor(path));
  await once(client, 'connect');
  return client;
}

function requestFor(path: string): string {
  return `GET ${path} HTTP/1.1\r\nhost: server.test\r\n\r\n`;
}

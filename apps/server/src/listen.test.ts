import { Hono } from 'hono';
import { expect, it } from 'vitest';
import type { AppEnv } from './http/request-scope.ts';
import { listen } from './listen.ts';
import { stopServer } from './stop.ts';

const app = new Hono<AppEnv>();
app.get('/livez', (c) => c.text('ok'));
app.get('/slow', async (c) => {
  await new Promise((resolve) => setTimeout(resolve, 200));
  return c.text('done');
});

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

import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { call, inputParameter, register } from './harness/call.ts';
import { startServer } from './harness/child-server.ts';
import { requestText } from './harness/connection.ts';
import { residentBytes } from './harness/memory.ts';
import { createTestStore } from './harness/test-store.ts';

const connections = 60;
const megabyte = 1024 * 1024;
const calmMs = 5000;
const limitMs = 20_000;

test('sixty connections that request 8 MB each and read 1 kB/s use little memory, and others are served', {
  timeout: 120_000,
}, async () => {
  await using store = await createTestStore();
  await using server = await startServer(store);
  const [slow, other] = await Promise.all([register(server.url), register(server.url)]);
  for (let count = 0; count < 100; count += 1)
    await call(server.url, 'tasks.create', { title: `${count}`, notes: 'n'.repeat(20_000) }, slow.token);
  await call(server.url, 'tasks.list', { limit: 100 }, slow.token);
  const before = (await residentBytes(server.pid)) ?? 0;

  using stack = new DisposableStack();
  const inputs = Object.fromEntries([0, 1, 2, 3].map((index) => [index, { limit: 100 }]));
  const path = `/trpc/${Array(4).fill('tasks.list').join(',')}?batch=1&${inputParameter(inputs)}`;
  for (let count = 0; count < connections; count += 1) {
    const socket = stack.adopt(await readSlowly(server.url), (open) => open.destroy());
    socket.write(requestText('GET', path, { token: slow.token }));
  }
  let [most, served] = [0, 0];
  const startedAt = performance.now();
  // Until it has hardly grown for some seconds: by then all calls have run.
  for (let grewAt = startedAt; performance.now() - grewAt < calmMs && performance.now() - startedAt < limitMs; ) {
    const held = ((await residentBytes(server.pid)) ?? 0) - before;
    if (held > most + 5 * megabyte) grewAt = performance.now();
    most = Math.max(most, held);
    await call(server.url, 'tasks.list', {}, other.token);
    served += 1;
    await sleep(100);
  }
  console.log(`held ${Math.round(most / megabyte)} MB at most, others were served ${served} times`);
  // Most of it is what the work itself took: 60 calls at once. It was 808 MB, and stayed.
  expect(most).toBeLessThan(400 * megabyte);
});

/** A connection over which one kilobyte a second is read. */
async function readSlowly(url: string): Promise<Socket> {
  const { hostname, port } = new URL(url);
  const socket = connect({
    host: hostname,
    port: Number(port),
    onread: {
      buffer: Buffer.alloc(1024),
      callback() {
        setTimeout(() => socket.resume(), 1000).unref();
        return false;
      },
    },
  });
  socket.on('error', () => undefined);
  await new Promise((resolve) => socket.once('connect', resolve));
  return socket;
}

import { closeSync, constants, openSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { call, register } from './harness/call.ts';
import { type ServerProcess, spawnServer } from './harness/child-server.ts';
import { inParallel } from './harness/repeat.ts';
import { run } from './harness/run.ts';
import { createTestStore, type TestStore } from './harness/test-store.ts';

const timeout = 60_000;
/** Their lines in the log are twice as much as a pipe holds. */
const requests = 500;
const exitLimitMs = 10_000;

/** A standard output for a server, and the way to give it up. */
interface Output extends AsyncDisposable {
  readonly fd: number;
}

/** Each write fails with ENOSPC, as on a full disk. */
async function fullDisk(): Promise<Output> {
  const fd = openSync('/dev/full', 'w');
  return { fd, [Symbol.asyncDispose]: async () => closeSync(fd) };
}

/** A pipe whose reader stands still, or has gone away. */
async function pipe({ isRead }: { readonly isRead: boolean }): Promise<Output> {
  const directory = await mkdtemp(join(tmpdir(), 'alice-pipe-'));
  const path = join(directory, 'pipe');
  await run('mkfifo', [path], directory);
  const reader = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  const fd = openSync(path, 'w');
  if (!isRead) closeSync(reader);
  return {
    fd,
    async [Symbol.asyncDispose]() {
      closeSync(fd);
      if (isRead) closeSync(reader);
      await rm(directory, { recursive: true });
    },
  };
}

const outputs: Readonly<Record<string, () => Promise<Output>>> = {
  'a full disk': fullDisk,
  'a pipe whose reader stands still': () => pipe({ isRead: true }),
  'a pipe whose reader is gone': () => pipe({ isRead: false }),
};

for (const [name, open] of Object.entries(outputs)) {
  test(`F18: with standard output on ${name} it continues to serve and stops with 0`, { timeout }, async () => {
    await using store = await createTestStore();
    await using output = await open();
    const { server, url } = await startBlind(store, { stdout: output.fd });
    await using _ = server;

    const { token } = await register(url);
    // One that is refused throws.
    await inParallel(Array(requests).keys(), 20, async () => void (await call(url, 'tasks.list', {}, token)));

    const askedAt = performance.now();
    const { code, signal } = await server.kill('SIGTERM');
    expect({ code, signal }).toEqual({ code: 0, signal: null });
    expect(performance.now() - askedAt).toBeLessThan(exitLimitMs);
    expect(server.errors).toEqual([expect.stringMatching(/^\d+ log lines could not be written$/)]);
  });

  test(`F18: with both outputs on ${name} a failed start exits with 1`, { timeout }, async () => {
    await using store = await createTestStore();
    await using output = await open();
    const databaseUrl = 'postgres://alice@127.0.0.1:1/alice';
    await using server = spawnServer({ ...store, databaseUrl, stdout: output.fd, stderr: output.fd });
    const { code, ms } = await server.exited;
    expect(code).toBe(1);
    // A start takes some seconds on a busy machine.
    expect(ms).toBeLessThan(2 * exitLimitMs);
  });
}

/** Starts a server whose log is not seen, and waits until it answers. */
async function startBlind(
  store: TestStore,
  outputs: { readonly stdout: number },
): Promise<{ server: ServerProcess; url: string }> {
  const port = await freePort();
  const server = spawnServer({ ...store, ...outputs, env: { PORT: String(port) } });
  const url = `http://127.0.0.1:${port}`;
  let end: unknown;
  void server.exited.then((exit) => {
    end = exit;
  });
  while (!(await fetch(`${url}/livez`).catch(() => null))?.ok) {
    if (end !== undefined) throw new Error(`the server ended: ${JSON.stringify(end)} ${server.errors.join('\n')}`);
    await sleep(50);
  }
  return { server, url };
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

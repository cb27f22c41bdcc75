import { execFile } from 'node:child_process';
import { copyFile, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { startServer } from './harness/child-server.ts';
import { createTestStore } from './harness/test-store.ts';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../../../', import.meta.url));
const client = join(root, 'packages/client');

/** What only a server needs. A prefix ends in a slash. */
const serverPackages = ['@alice/', '@electric-sql/', '@hono/', '@prisma/', 'argon2', 'hono', 'ioredis', 'jose', 'pg'];
const serverPackagesToo = ['pino', 'prisma', 'zod'];

test('the packed SDK works where nothing else of the project is', { timeout: 120_000 }, async () => {
  await using folder = await emptyFolder();
  const tarball = await packInto(folder.path);
  await install(folder.path, tarball);

  // The tarball itself, and of what it brought along only what a client needs.
  const installed = await packagesIn(join(folder.path, 'node_modules'));
  console.log(`installed: ${installed.join(', ')}`);
  expect(installed).toEqual(expect.arrayContaining(['@alice/client', '@trpc/client', '@trpc/server']));
  expect(installed.filter((name) => name !== '@alice/client' && isOfServer(name))).toEqual([]);

  await copyFile(join(client, 'test/consumer.ts'), join(folder.path, 'consumer.ts'));
  await typeCheck(folder.path);

  await using store = await createTestStore();
  await using server = await startServer({ ...store, env: { JWT_ACCESS_TOKEN_EXPIRE_MINUTES: '0.05' } });
  // Rejects with the consumer's output when it does not end with 0.
  const { stdout, stderr } = await run(process.execPath, ['consumer.ts', server.url], { cwd: folder.path });
  console.log(stdout);
  expect(stderr).toBe('');
  expect(stdout.trimEnd().split('\n').at(-1)).toBe('signed out');
});

/** A folder outside the monorepo, so that nothing is found by looking upwards. */
async function emptyFolder(): Promise<AsyncDisposable & { readonly path: string }> {
  const path = await mkdtemp(join(tmpdir(), 'alice-consumer-'));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}

import { copyFile, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { startServer } from './harness/child-server.ts';
import { run } from './harness/run.ts';
import { createTestStore } from './harness/test-store.ts';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const client = join(root, 'packages/client');

/** Packages that only a server needs, and the workspace's own ones, which the tarball must not ask for. */
const serverPackages =
  /^(@alice\/(?!client$).+|@electric-sql\/.+|@hono\/.+|@prisma\/.+|argon2|hono|ioredis|jose|pg|pino|prisma|zod)$/;

test('the packed SDK works outside this project', { timeout: 120_000 }, async () => {
  await using folder = await makeFolder();
  await installPacked(folder.path);
  const installed = await packagesIn(join(folder.path, 'node_modules'));
  console.log(`installed: ${installed.join(', ')}`);
  expect(installed).toEqual(expect.arrayContaining(['@alice/client', '@trpc/client', '@trpc/server', 'typescript']));
  expect(installed.filter((name) => serverPackages.test(name))).toEqual([]);

  await copyFile(join(client, 'test/consumer.ts'), join(folder.path, 'consumer.ts'));
  const typeCheck = ['--strict', '--noEmit', '--target', 'es2022', '--module', 'nodenext', 'consumer.ts'];
  const tsc = join(folder.path, 'node_modules/typescript/bin/tsc');
  for (const types of [[], ['--types', 'node']]) {
    await run(process.execPath, [tsc, ...types, ...typeCheck], folder.path);
  }

  await using store = await createTestStore();
  await using server = await startServer({ ...store, env: { JWT_ACCESS_TOKEN_EXPIRE_MINUTES: '0.05' } });
  const steps = await run(process.execPath, ['consumer.ts', server.url], folder.path);
  console.log(steps);
  expect(steps.split('\n').at(-1)).toBe('signed out');
});

/** Outside the monorepo, so that nothing is found by looking upwards. */
async function makeFolder(): Promise<AsyncDisposable & { readonly path: string }> {
  const path = await mkdtemp(join(tmpdir(), 'alice-consumer-'));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}

/** Packs the built SDK as it would be published, and installs that, with our TypeScript, as a stranger would. */
async function installPacked(folder: string): Promise<void> {
  const pnpm = (await readField(join(root, 'package.json'), 'packageManager')).split('+')[0] ?? '';
  await run('npx', ['--yes', '--prefer-offline', pnpm, 'pack', '--pack-destination', folder], client);
  const tarball = (await readdir(folder)).find((name) => name.endsWith('.tgz'));
  if (tarball === undefined) throw new Error('pnpm pack made no tarball');

  await writeFile(join(folder, 'package.json'), JSON.stringify({ name: 'consumer', private: true, type: 'module' }));
  const typescript = await readField(join(root, 'node_modules/typescript/package.json'), 'version');
  const tools = [`typescript@${typescript}`, '@types/node@24'];
  const quietly = ['--prefer-offline', '--ignore-scripts', '--no-audit', '--no-fund'];
  await run('npm', ['install', '--prefix', folder, ...quietly, join(folder, tarball), ...tools], folder);
}

/** The names of all packages in a `node_modules`, those inside others too. */
async function packagesIn(modules: string): Promise<string[]> {
  const manifests = (await readdir(modules, { recursive: true })).map((path) => path.replaceAll('\\', '/'));
  const names = manifests.map(
    (path) => /^(?:.*\/node_modules\/)?((?:@[^/]+\/)?[^/@]+)\/package\.json$/.exec(path)?.[1],
  );
  return [...new Set(names.filter((name) => name !== undefined))].sort();
}

async function readField(file: string, name: string): Promise<string> {
  const manifest: Readonly<Record<string, unknown>> = JSON.parse(await readFile(file, 'utf8'));
  return String(manifest[name]);
}

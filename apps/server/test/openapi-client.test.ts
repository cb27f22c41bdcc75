import { copyFile, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { startServer } from './harness/child-server.ts';
import { run } from './harness/run.ts';
import { createTestStore } from './harness/test-store.ts';

const server = join(import.meta.dirname, '..');
const typeRoots = join(server, '../../node_modules/@types');
const require = createRequire(import.meta.url);

test('a client generated from the OpenAPI document compiles in strict mode and can call every operation', {
  timeout: 120_000,
}, async () => {
  const folder = await mkdtemp(join(tmpdir(), 'alice-openapi-'));
  await using cleanup = new AsyncDisposableStack();
  cleanup.defer(() => rm(folder, { recursive: true, force: true }));

  const hook = join(import.meta.dirname, 'harness/typescript-6.ts');
  const generator = join(dirname(require.resolve('openapi-typescript/package.json')), 'bin/cli.js');
  const source = join(server, 'openapi.json');
  await run(process.execPath, ['--import', hook, generator, source, '--output', join(folder, 'alice.ts')], server);

  await copyFile(join(import.meta.dirname, 'openapi-client/consumer.ts'), join(folder, 'consumer.ts'));
  await writeFile(join(folder, 'package.json'), JSON.stringify({ name: 'consumer', private: true, type: 'module' }));
  await symlink(join(server, 'node_modules'), join(folder, 'node_modules'));
  const strictly = ['--strict', '--noEmit', '--noUncheckedIndexedAccess', '--allowImportingTsExtensions'];
  const target = ['--target', 'es2024', '--module', 'nodenext', '--types', 'node', '--typeRoots', typeRoots];
  const tsc = join(dirname(require.resolve('typescript/package.json')), 'bin/tsc');
  await run(process.execPath, [tsc, ...strictly, ...target, 'consumer.ts'], folder);

  await using store = await createTestStore();
  await using alice = await startServer(store);
  const steps = await run(process.execPath, ['consumer.ts', alice.url], folder);
  console.log(steps);
  expect(steps.split('\n').at(-1)).toBe('signed out');
});

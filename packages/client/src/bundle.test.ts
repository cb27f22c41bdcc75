import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { expect, test } from 'vitest';

/** What a page downloads for the SDK, gzipped. Raise it knowingly. */
const budgetKb = 17;

const page = `
  import { createAliceClient, isAliceError, localStorageTokenStore, paginate, TaskStatus } from './index.ts';
  const alice = createAliceClient({ url: '', tokens: localStorageTokenStore() });
  try {
    for await (const task of paginate(alice.tasks.list, { status: [TaskStatus.todo] })) console.log(task.title);
  } catch (error) {
    if (isAliceError(error)) console.error(error.code);
  }
`;

async function bundle(contents: string) {
  const result = await build({
    // The paths in its report are relative to this.
    absWorkingDir: join(import.meta.dirname, '..'),
    stdin: { contents, resolveDir: import.meta.dirname, loader: 'ts' },
    bundle: true,
    minify: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    write: false,
    metafile: true,
  });
  const [output] = result.outputFiles;
  return { code: output?.text ?? '', inputs: Object.keys(result.metafile.inputs), metafile: result.metafile };
}

test('a page that uses the SDK downloads no server code, and only a small bundle', async () => {
  const { code, inputs, metafile } = await bundle(page);
  const kb = gzipSync(code, { level: 9 }).length / 1000;
  console.log(
    `SDK in a page: ${(code.length / 1000).toFixed(1)} kB minified, ${kb.toFixed(1)} kB gzipped (budget ${budgetKb})`,
  );
  expect(kb).toBeLessThan(budgetKb);

  // By file: of the packages of the house and from outside, exactly these.
  const foreign = inputs
    .filter((path) => !path.startsWith('src/') && path !== '<stdin>')
    .map((path) => /.*node_modules\/(@[^/]+\/[^/]+|[^/]+)\//.exec(path)?.[1] ?? path.replace(/^\.\.\//, ''));
  expect([...new Set(foreign)].sort()).toEqual([
    '@trpc/client',
    '@trpc/server',
    'db/src/generated/enums.ts',
    'db/src/models.ts',
    'eventsource-parser',
  ]);
  expect(Object.values(metafile.outputs).flatMap(({ imports }) => imports)).toEqual([]);

  // By word, in what is left of them.
  const words = /node:|\bprisma\b|\bpg\b|\bzod\b|\bhono\b|argon2|\bjose\b|ioredis|pglite|process\.env|require\(/gi;
  expect([...(code.match(words) ?? []), ...(code.match(/\bBuffer\b/g) ?? [])]).toEqual([]);
});

test('unused parts are removed from the bundle (tree shaking)', async () => {
  const { code } = await bundle(`import { TaskPriority } from './index.ts'; console.log(TaskPriority.urgent);`);
  expect(code.length).toBeLessThan(300);
});

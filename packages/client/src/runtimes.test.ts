import { createContext, runInContext } from 'node:vm';
import { build } from 'esbuild';
import { expect, test } from 'vitest';
import { startAccount } from '../test/account.ts';

/** What browsers, Deno and edge runtimes have in common. Node's own names are not among it. */
const webGlobals = {
  AbortController,
  AbortSignal,
  Blob,
  FormData,
  Headers,
  ReadableStream,
  Request,
  Response,
  TextDecoder,
  TextDecoderStream,
  TextEncoder,
  TextEncoderStream,
  TransformStream,
  URL,
  URLSearchParams,
  WritableStream,
  atob,
  btoa,
  clearTimeout,
  console,
  crypto,
  fetch,
  performance,
  queueMicrotask,
  setTimeout,
  structuredClone,
};

/** Leaves on `result` what it saw. */
const script = `
  import { createAliceClient, isAliceError } from './index.ts';
  globalThis.result = (async () => {
    const alice = createAliceClient({ url });
    await alice.auth.login.mutate({ email: 'a@example.com', password: 'correct horse battery staple' });
    const task = await alice.tasks.create.mutate({ title: 'a' });
    const refused = await alice.tasks.get.query({ id: 'none' }).catch((error) => error);
    const changes = [];
    await new Promise((resolve) => {
      const off = alice.live.on('task', (change) => {
        changes.push(change.number);
        if (changes.length < 2) return;
        off();
        resolve();
      });
    });
    return JSON.stringify({
      globals: [typeof process, typeof Buffer, typeof EventSource, typeof navigator],
      isDate: task.createdAt instanceof Date,
      refused: isAliceError(refused) && refused.code,
      changes,
    });
  })();
`;

test('the bundle needs only web APIs: for a call, a repeated mutation, and a resumed stream', async () => {
  const { outputFiles } = await build({
    stdin: { contents: script, resolveDir: import.meta.dirname, loader: 'ts' },
    bundle: true,
    minify: true,
    format: 'iife',
    platform: 'neutral',
    mainFields: ['module', 'main'],
    conditions: ['import'],
    target: 'es2022',
    write: false,
  });
  let creates = 0;
  const account = await startAccount({
    answer({ path }) {
      if (path === 'tasks.get') return { code: 'NOT_FOUND', status: 404 };
      creates += 1;
      return creates === 1 ? 'hang up' : { data: { id: '1', createdAt: '2026-11-22T09:30:00.000Z' } };
    },
    openStream(stream) {
      const { lastEventId } = Object(stream.call.input);
      const number = Number(lastEventId ?? 6) + 1;
      stream.connect(number - 1);
      stream.change(number, { number, entity: 'task', id: '1', deleted: true, row: null });
      stream.end();
    },
  });
  const context = createContext({ ...webGlobals, url: account.url, result: undefined });
  runInContext(outputFiles[0]?.text ?? '', context);
  expect(JSON.parse(await context['result'])).toEqual({
    globals: Array(4).fill('undefined'),
    isDate: true,
    refused: 'NOT_FOUND',
    changes: [7, 8],
  });
  const keys = account.calls.filter(({ path }) => path === 'tasks.create').map(({ idempotencyKey }) => idempotencyKey);
  expect(keys).toHaveLength(2);
  expect(keys[0]).toMatch(/^[0-9a-f-]{36}$/);
  expect(keys[1]).toBe(keys[0]);
});

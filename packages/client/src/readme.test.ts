import 'fake-indexeddb/auto';
import { execFile } from 'node:child_process';
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { transform } from 'esbuild';
import { afterEach, expect, test, vi } from 'vitest';
import { type Planner, startPlanner } from '../test/planner.ts';
import * as client from './index.ts';

const root = join(import.meta.dirname, '..');
const readme = await readFile(join(root, 'README.md'), 'utf8');

interface Example {
  /** The heading that it stands under. */
  readonly heading: string;
  readonly language: 'ts' | 'tsx';
  readonly code: string;
}

const examples = readExamples(readme);

function readExamples(markdown: string): Example[] {
  const found: Example[] = [];
  for (const part of markdown.split(/^#+ /m)) {
    const [heading = ''] = part.split('\n');
    for (const [, language, code = ''] of part.matchAll(/^```(tsx?)\n(.*?)^```$/gms)) {
      found.push({ heading, language: language === 'tsx' ? 'tsx' : 'ts', code });
    }
  }
  return found;
}

/** The example of a heading that has such a word in it. */
function example(heading: string, word: string): Example {
  const found = examples.find((one) => one.heading === heading && one.code.includes(word));
  return found ?? expect.fail(`There is no example with "${word}" under "${heading}"`);
}

/**
 * Runs an example, with the names that it takes for granted. Its imports are dropped: `client` gives them. Gives the
 * value of what it names last.
 */
async function run({ code, language }: Example, url: string, names: object, give = 'undefined'): Promise<unknown> {
  const body = code
    .replaceAll(/^import .*$/gm, '')
    .replaceAll('https://alice.example.com', url)
    .replaceAll('export function', 'function');
  const { code: script } = await transform(`${body}\nglobalThis.given = ${give};`, {
    loader: language,
    jsx: 'automatic',
  });
  const known = { ...client, ...names };
  const AsyncFunction = Object.getPrototypeOf(async () => {}).constructor;
  await new AsyncFunction(...Object.keys(known), `{ ${script} }`)(...Object.values(known));
  return Reflect.get(globalThis, 'given');
}

const credentials = { email: 'a@example.com', password: 'correct horse battery staple' };

async function signedIn() {
  const planner = await startPlanner();
  const alice = client.createAliceClient({ url: planner.url });
  await alice.auth.login.mutate(credentials);
  return { planner, alice };
}

const titles = (planner: Planner) => planner.rows('task').map(({ title }) => title);

afterEach(() => {
  vi.restoreAllMocks();
  Reflect.deleteProperty(globalThis, 'given');
});

test('all examples are type-correct', { timeout: 60_000 }, async () => {
  expect(examples.length).toBeGreaterThanOrEqual(12);
  const folder = await mkdtemp(join(tmpdir(), 'alice-readme-'));
  try {
    await cp(join(root, 'test/readme-preamble.d.ts'), join(folder, 'preamble.d.ts'));
    await symlink(join(root, 'node_modules'), join(folder, 'node_modules'), 'junction');
    const files = examples.map(({ language }, index) => `example-${index}.${language}`);
    for (const [index, { code }] of examples.entries()) {
      await writeFile(join(folder, files[index] ?? ''), `${code}\nexport {};\n`);
    }
    const compilerOptions = {
      strict: true,
      exactOptionalPropertyTypes: true,
      noEmit: true,
      skipLibCheck: true,
      allowImportingTsExtensions: true,
      lib: ['es2024', 'dom', 'dom.iterable', 'dom.asynciterable'],
      module: 'nodenext',
      jsx: 'react-jsx',
      types: [],
      // What a consumer installs, without our sources and their types of Node.js.
      paths: { '@alice/client': [join(root, 'dist/index.d.ts')] },
    };
    await writeFile(join(folder, 'package.json'), JSON.stringify({ type: 'module' }));
    await writeFile(
      join(folder, 'tsconfig.json'),
      JSON.stringify({ compilerOptions, files: ['preamble.d.ts', ...files] }),
    );
    expect(await typeCheck(folder)).toBe('');
  } finally {
    await rm(folder, { recursive: true });
  }
});

/** What the compiler finds wrong. */
function typeCheck(folder: string): Promise<string> {
  const tsc = join(dirname(createRequire(import.meta.url).resolve('typescript/package.json')), 'bin/tsc');
  return new Promise((resolve) => {
    execFile(process.execPath, [tsc, '-p', folder, '--pretty', 'false'], (error, stdout, stderr) =>
      resolve(error === null ? '' : `${stdout}${stderr}` || error.message),
    );
  });
}

test('the first example: sign in, create, complete, list', async () => {
  const planner = await startPlanner();
  const log = vi.spyOn(console, 'log').mockImplementation(() => {});
  await run(example('@alice/client', 'createAliceClient'), planner.url, credentials);
  expect(planner.rows('task')).toMatchObject([{ title: 'Pay rent', due: { date: '2026-12-01' }, status: 'done' }]);
  expect(log).toHaveBeenCalledWith('Pay rent');
});

test('a custom store', async () => {
  const kept = new Map<string, unknown>();
  const secureStorage = {
    read: async (key: string) => kept.get(key) ?? null,
    write: async (key: string, value: unknown) => void kept.set(key, value),
    delete: async (key: string) => void kept.delete(key),
  };
  const given = await run(example('Tokens', 'TokenStore'), '', { secureStorage }, 'tokens');
  const planner = await startPlanner();
  // The guarantee: the type check of the examples says so.
  const alice = client.createAliceClient({ url: planner.url, tokens: given as client.TokenStore });
  await alice.auth.login.mutate(credentials);
  expect(kept.get('alice')).toEqual(planner.tokens);
  await alice.auth.logout.mutate();
  expect(kept.size).toBe(0);
});

test('a session in a cookie', async () => {
  const planner = await startPlanner();
  const code = example('Cookie sessions in browsers', 'cookie').code.replace(
    "url: ''",
    "url: 'https://alice.example.com'",
  );
  const given = await run({ heading: '', language: 'ts', code }, planner.url, credentials, 'alice');
  expect(planner.cookie).toBe(planner.tokens?.refreshToken);
  // The guarantee: the type check of the examples says so.
  const { refreshToken } = await (given as client.AliceClient).auth.refresh.mutate({});
  expect(refreshToken).toBeNull();
});

test('a second factor', async () => {
  const planner = await startPlanner();
  planner.ticket = 'ticket-1';
  const alice = client.createAliceClient({ url: planner.url });
  const given = await run(example('Two-factor authentication', 'signIn'), '', { alice, ...credentials }, 'signIn');
  // The guarantee: the type check of the examples says so.
  await (given as (code: () => Promise<string>) => Promise<unknown>)(async () => '492039');
  expect(planner.calls.at(-1)).toMatchObject({
    path: 'secondFactor.signIn',
    input: { ticket: 'ticket-1', code: '492039' },
  });
  await alice.tasks.list.query({});
});

test('an API key', async () => {
  const planner = await startPlanner();
  planner.apiKey = 'alice_Zm9v';
  planner.write('task', { id: 'a', title: 'Pay rent' });
  const log = vi.spyOn(console, 'log').mockImplementation(() => {});
  await run(example('API keys', 'apiKey'), planner.url, { apiKey: 'alice_Zm9v' });
  expect(log).toHaveBeenCalledExactlyOnceWith('Pay rent');
});

test('a failure is identified by its code', async () => {
  const report = vi.fn();
  const names = {
    alice: client.createAliceClient({ url: 'http://127.0.0.1:1', retries: 0 }),
    report,
    reload: vi.fn(),
    show: vi.fn(),
  };
  await run(example('Errors', 'isAliceError'), '', { ...names, id: '1', expectedVersion: 1, title: 'a' });
  expect(report).toHaveBeenCalledExactlyOnceWith('The server cannot be reached', undefined);
});

test('a custom key makes two calls create one task', async () => {
  const { planner, alice } = await signedIn();
  const log = vi.spyOn(console, 'log').mockImplementation(() => {});
  await run(example('Retries and idempotency', 'once'), '', { alice, row: { number: 7, title: 'Imported' } });
  expect(log).toHaveBeenCalledExactlyOnceWith(true);
  expect(titles(planner)).toEqual(['Imported']);
});

test('live changes', async () => {
  const { planner, alice } = await signedIn();
  const board = { show: vi.fn(), remove: vi.fn(), mark: vi.fn() };
  const off = await run(example('Live changes', "on('task'"), '', { alice, board }, 'off');
  await vi.waitFor(() => expect(board.mark).toHaveBeenLastCalledWith('live', undefined));
  planner.write('task', { id: 'a', title: 'Zahnarzt 🦷' });
  planner.write('task', { id: 'a', deletedAt: new Date().toISOString() });
  await vi.waitFor(() => expect(board.remove).toHaveBeenCalledWith('a'));
  expect(board.show).toHaveBeenCalledExactlyOnceWith(expect.objectContaining({ title: 'Zahnarzt 🦷' }));
  expect(off).toBeTypeOf('function');
});

test('the subscription from a given number', async () => {
  const { planner, alice } = await signedIn();
  for (let number = 2; number <= 58; number += 1) planner.write('task', { id: 'a' });
  const controller = new AbortController();
  const log = vi.spyOn(console, 'log').mockImplementation(() => controller.abort());
  await run(example('Live changes', 'subscribe'), '', { alice, controller });
  expect(log).toHaveBeenCalledExactlyOnceWith('58', 'update', 'task', 57);
});

test('a local copy', async () => {
  const { planner, alice } = await signedIn();
  planner.write('task', { id: 'a', priority: 'urgent' });
  planner.write('goal', { id: 'g' });
  planner.write('list', { id: 'l' });
  const log = vi.spyOn(console, 'log').mockImplementation(() => {});
  await run(example('A local copy', 'keep();'), '', { alice });
  expect(log).toHaveBeenCalledExactlyOnceWith('A', 1, 1, 1);
});

test('a local copy in IndexedDB survives its client', async () => {
  const { planner, alice } = await signedIn();
  for (let index = 0; index < 150; index += 1) planner.write('task', { id: `t${index}`, title: `Task ${index}` });
  const code = example('A local copy', 'indexedDBStore');
  const keep = async () => {
    // The guarantee: the type check of the examples says so.
    const copy = (await run(code, '', { alice, report: vi.fn() }, 'copy')) as client.LocalCopy;
    return copy;
  };
  const first = await keep();
  await first.ready;
  planner.purge('task', 't0');
  await vi.waitFor(() => expect(first.tasks.size).toBe(149));
  first.stop();
  planner.write('task', { id: 'new' });
  const before = planner.calls.length;
  const second = await keep();
  await second.ready;
  expect([...second.tasks.keys()].sort()).toEqual(
    planner
      .rows('task')
      .map(({ id }) => id)
      .sort(),
  );
  expect(second.tasks.get('t1')?.createdAt).toBeInstanceOf(Date);
  expect(planner.calls.slice(before).filter(({ path }) => path === 'sync.pull')).toHaveLength(1);
  second.stop();
});

test('cancellation and batches', async () => {
  const { planner, alice } = await signedIn();
  await run(example('Cancellation and batches', 'skipBatch'), '', {
    alice,
    text: 'a',
    controller: new AbortController(),
  });
  expect(planner.paths().slice(-2)).toEqual(['tasks.list', 'goals.list']);
});

test('observing requests', async () => {
  const planner = await startPlanner();
  const metrics = { time: vi.fn() };
  const log = vi.spyOn(console, 'log').mockImplementation(() => {});
  const given = await run(example('Observing requests', 'onRequest'), planner.url, { metrics }, 'alice');
  // The guarantee: the type check of the examples says so.
  await (given as client.AliceClient).auth.login.mutate(credentials);
  expect(log).toHaveBeenCalledExactlyOnceWith('POST', 'auth.login');
  expect(metrics.time).toHaveBeenCalledWith('auth.login', expect.any(Number), { status: 200, requestId: 'request-1' });
});

import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type ServerProcess, spawnServer } from './harness/child-server.ts';

const goodSecret = () => randomBytes(48).toString('base64url');
const shortSecret = 'q7Zp1Lx9Vt3K';
const sampleSecret = 'change-me-to-something-long-and-random-please';

interface Case {
  readonly name: string;
  readonly env: Readonly<Record<string, string>>;
  /** The settings that get a line each. */
  readonly faults: readonly string[];
  /** What must not appear in any output. */
  readonly secrets?: readonly string[];
}

const cases: readonly Case[] = [
  { name: 'a port that is no number', env: { PORT: 'abc' }, faults: ['PORT'] },
  { name: 'a port out of range', env: { PORT: '70000' }, faults: ['PORT'] },
  { name: 'an origin that is none', env: { CORS_ORIGINS: 'foo' }, faults: ['CORS_ORIGINS'] },
  { name: 'production without secrets', env: { APP_ENV: 'production' }, faults: ['SECRET_KEY', 'JWT_SECRET_KEY'] },
  {
    name: 'production with a short secret',
    env: { APP_ENV: 'production', SECRET_KEY: goodSecret(), JWT_SECRET_KEY: shortSecret },
    faults: ['JWT_SECRET_KEY'],
    secrets: [shortSecret],
  },
  {
    name: 'production with a sample secret',
    env: { APP_ENV: 'production', SECRET_KEY: sampleSecret, JWT_SECRET_KEY: goodSecret() },
    faults: ['SECRET_KEY'],
    secrets: [sampleSecret],
  },
  {
    name: 'another kind of database',
    env: { DATABASE_URL: 'mysql://alice:hunter2hunter2@127.0.0.1:3306/alice' },
    faults: ['DATABASE_URL'],
    secrets: ['hunter2hunter2'],
  },
  {
    name: 'a Redis URL that is none',
    env: { REDIS_URL: 'http://alice:hunter2hunter2@127.0.0.1:6379' },
    faults: ['REDIS_URL'],
    secrets: ['hunter2hunter2'],
  },
  {
    name: 'several faults at once',
    env: {
      APP_ENV: 'production',
      PORT: 'abc',
      CORS_ORIGINS: 'foo',
      SECRET_KEY: shortSecret,
      DATABASE_URL: 'mysql://alice:hunter2hunter2@127.0.0.1:3306/alice',
    },
    faults: ['PORT', 'CORS_ORIGINS', 'SECRET_KEY', 'JWT_SECRET_KEY', 'DATABASE_URL'],
    secrets: [shortSecret, 'hunter2hunter2'],
  },
];

for (const { name, env, faults, secrets = [] } of cases) {
  test.concurrent(`refuses to start with ${name}, with one line per error`, async ({ expect }) => {
    await using folder = await emptyFolder();
    await using server = spawnServer({ dataDir: folder.path, env });

    expect(await server.exited).toMatchObject({ code: 1 });
    expect(faultsIn(server)).toEqual([...faults].toSorted());
    for (const secret of secrets) expect(server.output.join('\n')).not.toContain(secret);
    expect(listened(server)).toBe(false);
    // For the operator's eyes: no stack, nothing of ours.
    expect(server.output.join('\n')).not.toMatch(/\n\s+at |node_modules|ZodError/);
  });
}

for (const [name, url] of [
  ['a dead port', 'postgres://alice:hunter2hunter2@127.0.0.1:1/alice'],
  ['a host that does not exist', 'postgres://alice:hunter2hunter2@nowhere.invalid:5432/alice'],
] as const) {
  test.concurrent(`exits with 1 and the reason when its database is at ${name}`, async ({ expect }) => {
    await using folder = await emptyFolder();
    await using server = spawnServer({ dataDir: folder.path, databaseUrl: url });

    const { code, ms } = await server.exited;
    const output = server.output.join('\n');
    expect(code).toBe(1);
    expect(ms).toBeLessThan(10_000);
    expect(output).toContain(new URL(url).hostname);
    expect(output).not.toContain('hunter2hunter2');
    expect(listened(server)).toBe(false);
  });
}

test.runIf(process.platform === 'linux')('names the limit of open files when it is too low', async () => {
  await using folder = await emptyFolder();
  await using server = spawnServer({ dataDir: folder.path, openFiles: 100 });
  expect(await server.exited).toMatchObject({ code: 1 });
  expect(server.errors).toEqual([expect.stringMatching(/^cannot start: the limit of open files is 100, .*ulimit -n/)]);
});

test.runIf(process.platform === 'linux')('gives up the data directory if it cannot start', async () => {
  await using folder = await emptyFolder();
  await using server = spawnServer({ dataDir: folder.path, openFiles: 100 });
  expect(await server.exited).toMatchObject({ code: 1 });
  // A killed owner would leave its name.
  expect(await readFile(join(folder.path, 'owner.lock'), 'utf8')).toBe('');
});

/** They end before they open a database, so they need no more than a folder. */
async function emptyFolder(): Promise<AsyncDisposable & { readonly path: string }> {
  const path = await mkdtemp(join(tmpdir(), 'alice-settings-'));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}

/** The settings that standard error complains about, one for each line. */
function faultsIn({ errors }: ServerProcess): string[] {
  return errors.flatMap((line) => /^\s*([A-Z][A-Z_]+): \S/.exec(line)?.[1] ?? []).toSorted();
}

function listened({ logs }: ServerProcess): boolean {
  return logs.some(({ url }) => url !== undefined);
}

import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';

import { runCommand } from './commands/run-command.ts';
import { commandSettings } from './env.ts';
import { fill } from './fixtures/fill.ts';
import { run } from './fixtures/run.ts';
import { openDatabase } from './open.ts';
import { createServerDatabase } from './test-source.ts';
import { testServerUrl } from './testing.ts';

const secret = 'postgres://user:hunter2@127.0.0.1:1/x';
let dir: string;
let envFile: string;
let database: Awaited<ReturnType<typeof createServerDatabase>>;
let empty: Awaited<ReturnType<typeof createServerDatabase>>;
let answer: boolean;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'alice-cli-'));
  envFile = join(dir, '.env');
  const server = await testServerUrl();
  database = await createServerDatabase(server, 'cli');
  empty = await createServerDatabase(server, 'empty');
});
beforeEach(async () => {
  answer = false;
  await writeFile(envFile, '');
});
afterAll(async () => {
  await rm(dir, { recursive: true, force: true });
  await database.remove();
  await empty.remove();
});

/** Runs a command in this process, with these settings and the lines of `.env` below them. */
async function command(env: NodeJS.ProcessEnv, ...args: string[]): Promise<{ code: number; out: string; err: string }> {
  let out = '';
  let err = '';
  const code = await runCommand(args, () => commandSettings(envFile, { DATA_DIR: dir, ...env }), {
    say: (line) => {
      out += `${line}\n`;
    },
    complain: (line) => {
      err += `${line}\n`;
    },
    confirm: async () => answer,
  });
  return { code, out, err };
}
const cli = (...args: string[]) => command({ DATABASE_URL: database.url }, ...args);
const nameOf = (url: string) => new URL(url).pathname.slice(1);

test('status, migrate and rollback name the database and report what they did', { timeout: 90_000 }, async () => {
  const title = `database: PostgreSQL database ${nameOf(database.url)} at \\S+\n`;
  const done = (out: string) => ({ code: 0, out: expect.stringMatching(new RegExp(out)), err: '' });
  expect(await cli('status')).toEqual(done(`^${title}pending {2}\\d{14}_ground_floor\n`));
  expect(await cli('migrate')).toEqual(done(`^${title}migration applied: 20261122000000_ground_floor\n`));
  expect(await cli('migrate')).toEqual(done(`^${title}no pending migrations\n$`));
  expect(await cli('status')).toEqual(done('the database matches prisma/schema.prisma\n$'));
  expect(await cli('rollback', '--yes')).toEqual(
    done(`^${title}the last migration is (\\S+);[^\n]*\nmigration rolled back: \\1\n$`),
  );
});

test('rollback asks for confirmation, and requires its flag in production', { timeout: 90_000 }, async () => {
  await cli('migrate');
  const before = (await cli('status')).out;
  expect(await cli('rollback')).toMatchObject({ code: 0, out: expect.stringMatching(/nothing was rolled back\n$/) });
  const production = { DATABASE_URL: database.url, APP_ENV: 'production' };
  expect(await command(production, 'rollback', '--yes')).toMatchObject({
    code: 1,
    out: expect.stringMatching(/the last migration is \d{14}_/),
    err: expect.stringMatching(/^error: APP_ENV is production: .* Add --production/),
  });
  expect((await cli('status')).out).toBe(before);

  answer = true;
  expect(await command(production, 'rollback', '--production')).toMatchObject({ code: 0 });
  expect((await cli('status')).out).not.toBe(before);
  await cli('migrate');
});

test('backup, restore and move reproduce the same data', { timeout: 90_000 }, async () => {
  await cli('migrate');
  await using filled = await openDatabase({ url: database.url, poolSize: 1 });
  await fill(filled, { people: 2, tasks: 20 });

  const name = expect.stringMatching(/\nwritten: \S+\/backups\/alice-\d{8}T\d{6}Z\.backup /);
  expect(await cli('backup')).toEqual({ code: 0, out: name, err: '' });
  const [file = ''] = (await readdir(join(dir, 'backups'))).map((entry) => join(dir, 'backups', entry));
  expect((await stat(file)).mode & 0o777).toBe(0o600);

  expect(await cli('move', '--to', empty.url)).toMatchObject({
    code: 1,
    err: expect.stringContaining('ALICE is using'),
  });
  await filled.close();
  expect(await cli('restore', file, '--to', empty.url)).toMatchObject({
    code: 0,
    out: expect.stringMatching(/\ntasks: 20 of 20 rows.*\nverified: .*\nrestored\nnext: set DATABASE_URL/s),
  });
  expect(await cli('move', '--to', empty.url)).toMatchObject({
    code: 1,
    err: expect.stringMatching(/^error: the target is not empty/),
  });
});

test('the settings are those of npm start: .env, overridden by the environment', { timeout: 90_000 }, async () => {
  await writeFile(envFile, `# kept\nDATABASE_URL="${empty.url}"\nAPP_ENV=production\n`);
  expect(await command({}, 'status')).toMatchObject({ code: 0, out: expect.stringContaining(nameOf(empty.url)) });
  expect(await cli('status')).toMatchObject({ code: 0, out: expect.stringContaining(nameOf(database.url)) });
  expect(await cli('rollback', '--yes')).toMatchObject({ code: 1, err: expect.stringContaining('is production') });
  await writeFile(envFile, 'APP_ENV=prodution\n');
  expect(await command({}, 'status')).toEqual({
    code: 1,
    out: '',
    err: 'error: APP_ENV must be development, test or production\n',
  });
});

test.each([
  [
    ['move'],
    'error: usage: pnpm db:move [--from <url | directory>] [--from-pglite <directory>] [--to <url | directory>] [--live]\n',
  ],
  [['migrate', 'more'], 'error: usage: pnpm db:migrate\n'],
  [['rollback', '--force'], 'error: usage: pnpm db:rollback [--yes] [--production]\n'],
  [['restore'], 'error: usage: pnpm db:restore <file> [--to <url | directory>]\n'],
  [['backup', 'a', 'b'], 'error: usage: pnpm db:backup [file]\n'],
  [['new'], 'error: the name of the migration is missing, for example: pnpm db:migration add_task_labels\n'],
  [['move', '--to', 'mysql://root:hunter2@h/d'], expect.stringMatching(/^error: a database must be a URL \(postgres:/)],
  [['new', 'Bad Name'], expect.stringContaining('snake_case')],
  [[], expect.stringMatching(/^error: unknown command/)],
])('%j is an error with one message and exit code 1', async (args, err) => {
  const outcome = await cli(...args);
  expect(outcome).toEqual({ code: 1, out: '', err });
  expect(outcome.err).not.toContain('hunter2');
});

test.each([
  [['status']],
  [['backup']],
  [['move', '--to', secret, '--from', secret]],
  [['restore', 'nowhere.backup', '--to', secret]],
])('%j names the database and never the password', async (args) => {
  const { code, out, err } = await command({ DATABASE_URL: secret }, ...args);
  expect(code).toBe(1);
  expect(out).toContain('PostgreSQL database x at 127.0.0.1:1');
  expect(err).toMatch(/^error: (connect ECONNREFUSED 127.0.0.1:1|\S*nowhere.backup does not exist)\n$/);
  expect(out + err).not.toContain('hunter2');
});

test('the process: exit codes, both streams, and a confirmation without a terminal', {
  timeout: 90_000,
}, async () => {
  const settings = { DATABASE_URL: database.url, APP_ENV: '', DATA_DIR: dir };
  const rollback = run('../cli.ts', ['rollback'], { env: settings });
  rollback.child.stdin.end('y\n');
  expect(await rollback.ended).toEqual({
    code: 1,
    out: expect.stringMatching(/^database: .*\nthe last migration is \S+;.*\n$/),
    err: expect.stringMatching(/^error: Roll back \d{14}_\w+\? There is no terminal to ask: add --yes/),
  });
});
